import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const web = join(import.meta.dirname, '../..');

/** The files below a folder with one of the endings, as paths from `web`. */
export function sources(folder: string, ...endings: string[]): string[] {
  return readdirSync(join(web, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort();
}

export const read = (path: string): string => readFileSync(join(web, path), 'utf8');
