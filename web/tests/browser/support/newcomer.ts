import type { Page } from '@playwright/test';
import type { Fresh } from './processes';
import { expect } from './test';

/** The first person of an instance fills in its form. */
export async function setUp(page: Page, at: Fresh): Promise<void> {
  await page.goto(at.setup);
  await page.getByLabel('Your name').fill('Ines Duarte');
  await page.getByLabel('E-mail address').fill('ines@harbour.example');
  await page.getByLabel('Password', { exact: true }).fill('salt flour water time');
  await page.getByLabel('Its name').fill('Harbour Bakery');
  await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Lisbon');
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page).toHaveURL(/\/w\/ws_[a-z0-9]+\/calendar/);
}

export const workspaceOf = (page: Page): string => /\/w\/(ws_[a-z0-9]+)\//.exec(page.url())?.[1] ?? '';

/** The same person comes back. */
export async function logInByForm(page: Page, at: Fresh): Promise<void> {
  await page.goto(`${at.url}/login`);
  await page.getByLabel('E-mail address').fill('ines@harbour.example');
  await page.getByLabel('Password', { exact: true }).fill('salt flour water time');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/\/calendar/);
}

/** What is written goes out at once. */
export async function publishNow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Other ways to go on' }).click();
  await page.getByRole('menuitem', { name: /Publish now/ }).click();
}
