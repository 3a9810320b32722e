/** Finding files in what has been loaded, and what is said of them. */
import type { Media } from '$lib/api';

export type Kind = 'all' | 'image' | 'animation' | 'video' | 'unfinished';
export const KINDS: Kind[] = ['all', 'image', 'animation', 'video', 'unfinished'];

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .toLowerCase();

/** Whether a file has all the words in its name or alternative text, whatever their accents. */
export function matches(file: Media, query: string): boolean {
  const text = plain(`${file.name} ${file.alt}`);
  return plain(query)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const isKind = (file: Media, kind: Kind): boolean =>
  kind === 'all' || (kind === 'unfinished' ? file.state !== 'ready' : file.kind === kind);

/** The files that are shown for a search and a kind. */
export const shownOf = (files: Media[], query: string, kind: Kind): Media[] =>
  files.filter((file) => isKind(file, kind) && matches(file, query));

/** Whether people who do not see it are told what it shows. */
export const lacksAlt = (file: Media): boolean =>
  file.state === 'ready' && file.kind !== 'video' && !file.alt.trim();

/** A list in rows. */
export function rows<T>(list: T[], columns: number): T[][] {
  const width = Math.max(1, columns);
  return Array.from({ length: Math.ceil(list.length / width) }, (_, row) =>
    list.slice(row * width, (row + 1) * width)
  );
}

/** How many columns of at least a width fit. */
export const columnsFor = (width: number, least: number, gap: number): number =>
  Math.max(1, Math.floor((width + gap) / (least + gap)));

/** `PNG`, `QuickTime`: a type as people say it. */
export function typeName(mime: string): string {
  const known: Record<string, string> = {
    'image/jpeg': 'JPEG',
    'image/webp': 'WebP',
    'video/quicktime': 'QuickTime',
    'video/webm': 'WebM',
    'video/x-matroska': 'Matroska'
  };
  return known[mime] ?? (mime.split('/')[1] ?? mime).toUpperCase();
}

/** Whether a browser can show the file itself; else its thumbnail stands in. */
export const isShowable = (mime: string): boolean =>
  /^image\/(jpeg|png|webp|gif|avif)$/.test(mime) || /^video\/(mp4|webm|quicktime)$/.test(mime);
