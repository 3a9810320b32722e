import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Fails on anything that axe finds wrong with what the page shows now. */
export async function accessible(page: Page, where: string): Promise<void> {
  // The debugger puts it in; a script element would be refused by the content policy, as it should be.
  await page.evaluate(source);
  const { violations } = await page.evaluate(
    (rules) =>
      (window as unknown as { axe: { run: (options: object) => Promise<AxeResults> } }).axe.run({
        runOnly: { type: 'tag', values: rules },
        resultTypes: ['violations']
      }),
    RULES
  );
  const found = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n    ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} — ${failureSummary?.split('\n')[1]?.trim()}`).join('\n    ')}`
  );
  expect(found, `axe on ${where}`).toEqual([]);
}
