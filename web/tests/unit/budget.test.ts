import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

/** Budgets of brotli JavaScript in bytes: the calendar at its first load, and any other screen. */
const CALENDAR = 130 * 1024;
const ANY = 250 * 1024;

interface Chunk {
  file: string;
  imports?: string[];
}

const kit = resolve(import.meta.dirname, '../..', process.env.POSTRIDER_WEB_WORK ?? '.svelte-kit');
const client = join(kit, 'output/client');
const manifestPath = join(client, '.vite/manifest.json');
const built = existsSync(manifestPath);

const sizes = new Map<string, number>();

function brotli(file: string): number {
  let size = sizes.get(file);
  if (size === undefined)
    sizes.set(file, (size = brotliCompressSync(readFileSync(join(client, file))).length));
  return size;
}

/** All that is loaded for an entry: what it imports, and what that imports. */
function closure(manifest: Record<string, Chunk>, entries: string[]): Set<string> {
  const found = new Set<string>();
  const visit = (name: string) => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`${name} is not in the manifest`);
    if (!chunk.file.endsWith('.js') || found.has(chunk.file)) return;
    found.add(chunk.file);
    chunk.imports?.forEach(visit);
  };
  entries.forEach(visit);
  return found;
}

/** Each route with the numbers of its page and its layouts, from the app that Kit has generated. */
function routes(): { route: string; nodes: number[] }[] {
  const app = readFileSync(join(kit, 'generated/client-optimized/app.js'), 'utf8');
  const dictionary = /export const dictionary = \{([\s\S]*?)\n\t\};/.exec(app)?.[1] ?? '';
  return [...dictionary.matchAll(/"([^"]+)": \[([^\n]*)\]/g)].map(([, route = '', list = '']) => ({
    route,
    nodes: [0, ...[...list.matchAll(/\d+/g)].map(([digits]) => Number(digits))]
  }));
}

describe('JavaScript of the first load, brotli', () => {
  it('is looked up in a finished build', () => {
    expect(built, 'there is no build: run `npm run build` first').toBe(true);
    expect(routes().length).toBeGreaterThan(5);
  });

  const manifest = built ? (JSON.parse(readFileSync(manifestPath, 'utf8')) as Record<string, Chunk>) : {};
  const start = Object.keys(manifest).filter((name) => name.endsWith('runtime/client/entry.js'));
  // The manifest names files by their place below the app's folder, wherever Kit has worked.
  const app = Object.keys(manifest)
    .find((name) => name.endsWith('client-optimized/app.js'))
    ?.replace(/\/app\.js$/, '');

  it.each(built ? routes() : [])('$route', ({ route, nodes }) => {
    const files = closure(manifest, [
      ...start,
      `${app}/app.js`,
      ...nodes.map((node) => `${app}/nodes/${node}.js`)
    ]);
    const total = [...files].reduce((sum, file) => sum + brotli(file), 0);
    const budget = route === '/w/[ws]/calendar' ? CALENDAR : ANY;
    console.log(
      `${(total / 1024).toFixed(1).padStart(6)} KB of ${budget / 1024} KB in ${files.size} files: ${route}`
    );
    expect(total).toBeGreaterThan(10 * 1024);
    expect(total).toBeLessThanOrEqual(budget);
  });
});
