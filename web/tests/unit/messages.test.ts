import { parse as parseFluent, type Message } from '@fluent/syntax';
import { parse } from 'svelte/compiler';
import { describe, expect, it } from 'vitest';
import { read, sources } from './sources';

const files = sources('messages/en', '.ftl');
const messages = files.flatMap((file) =>
  parseFluent(read(file), {}).body.filter((entry): entry is Message => entry.type === 'Message')
);
const code = sources('src', '.svelte', '.ts').filter(
  (path) => !path.includes('.test.') && !path.endsWith('.d.ts')
);
const everything = code.map(read).join('\n');

/** Beginnings of ids that are put together at run time, such as `status-${state}`. */
const prefixes = [...everything.matchAll(/[`'"]([a-z][a-z0-9_-]*-)\$\{/g)].map(([, prefix = '']) => prefix);

describe('messages', () => {
  it('are each used somewhere', () => {
    const quoted = new Set(
      [...everything.matchAll(/['"`]([a-z][a-z0-9_-]*)['"`]/g)].map(([, id = '']) => id)
    );
    const unused = messages
      .map((message) => message.id.name)
      .filter((id) => !quoted.has(id) && !prefixes.some((prefix) => id.startsWith(prefix)));
    expect(unused).toEqual([]);
  });

  it('are there for each id that the code names', () => {
    const ids = new Set(messages.map((message) => message.id.name));
    const named = [...everything.matchAll(/\b(?:t|dynamic)\(\s*'([a-z0-9_-]+)'/g)].map(([, id = '']) => id);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('end neither in spaces nor in exclamation', () => {
    const loud = files.flatMap((file) =>
      read(file)
        .split('\n')
        .filter((line) => /^[^#].*!\s*$|[^\s]\s+$/.test(line))
    );
    expect(loud).toEqual([]);
  });
});

/** Words that are the same in every language. */
const NAMES = /^(Postrider|RFC 3339|https:\/\/|[\W\d_]*)$/;
const SPOKEN = new Set(['aria-label', 'title', 'alt', 'placeholder', 'label', 'hint', 'aria-description']);

interface Node {
  type: string;
  name?: string;
  data?: string;
  [key: string]: unknown;
}

/** Text that people would read, outside the messages. */
function spoken(node: unknown, inStyle = false): string[] {
  if (Array.isArray(node)) return node.flatMap((child) => spoken(child, inStyle));
  if (node === null || typeof node !== 'object') return [];
  const typed = node as Node;
  if (typed.type === 'Text')
    return /\p{L}/u.test(typed.data ?? '') && !inStyle ? [(typed.data ?? '').trim()] : [];
  const quiet =
    typed.type === 'Attribute'
      ? !SPOKEN.has(typed.name ?? '')
      : typed.type === 'StyleSheet' || typed.type === 'Script';
  return Object.entries(typed)
    .filter(([key]) => !['css', 'instance', 'module', 'metadata', 'parent'].includes(key))
    .flatMap(([, child]) => spoken(child, quiet || (inStyle && typed.type !== 'Fragment')));
}

describe('markup', () => {
  const components = sources('src', '.svelte');

  it.each(components)('%s has no sentence of its own', (path) => {
    const { fragment } = parse(read(path), { modern: true });
    expect(spoken(fragment).filter((text) => !NAMES.test(text))).toEqual([]);
  });

  it('would be caught', () => {
    const { fragment } = parse('<p class="a">Hello {name}</p><input aria-label="World" />', { modern: true });
    expect(spoken(fragment)).toEqual(['Hello', 'World']);
  });
});
