import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { numbered, script } from './review';

const root = (path: string): string => resolve(process.cwd(), '..', path);
const read = (path: string): string => readFileSync(root(path), 'utf8');

describe('what is pasted into a review', () => {
  it('numbers its steps', () => {
    expect(numbered(['Log in.', 'Press it.'])).toBe('1. Log in.\n2. Press it.');
    expect(numbered([])).toBe('');
  });

  it('says of each shot what is shown and what is said', () => {
    const shots = [
      { show: 'The log-in', say: 'I log in.' },
      { show: 'The post', say: 'It is out.' }
    ];
    expect(script(shots, 'Show', 'Say')).toBe(
      '1. Show: The log-in\n   Say: I log in.\n2. Show: The post\n   Say: It is out.'
    );
  });
});

/** Names of other things than labels: what is filled in, and a reason in its own words. */
const FILLED = /^\{[^{}]*\}$/;
/** The same label may be filled in by other names there and here. */
const blank = (text: string): string => text.replaceAll(/\{[^{}]*\}/g, '{}');

describe('the kit', () => {
  it('names the labels of the screens as they are', () => {
    const folder = 'web/messages/en';
    const messages = readdirSync(root(folder)).map((file) => read(`${folder}/${file}`));
    const labels = new Set(
      messages.flatMap((text) =>
        [...text.matchAll(/^[a-z0-9_-]+ = (.+)$/gm)].map(([, label = '']) => blank(label))
      )
    );
    const text = read('locales/review.en.ftl').replaceAll(/^#.*$/gm, '');
    const named = [...text.matchAll(/“([^”]+)”/g)].map(([, label = '']) => label);
    expect(named.length).toBeGreaterThan(50);
    const unknown = named.filter((label) => !FILLED.test(label) && !labels.has(blank(label)));
    expect([...new Set(unknown)]).toEqual([]);
  });
});
