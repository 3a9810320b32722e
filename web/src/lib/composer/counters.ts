/**
 * Counts characters the way networks do, as the server's `text` module does, so that a figure follows
 * each key. The server's own count arrives a moment later and is the one that holds. Both are tested
 * against the same vectors.
 */
import { links } from './links';

/** A limit on the text of a part, from the connector or from the account's own server. */
export interface Limit {
  unit: string;
  max: number;
}

/** How a text stands to the limit it is nearest to. */
export interface Count {
  used: number;
  max: number;
  unit: string;
}

/** What a link counts on servers of the fediverse, however long it is. */
const FEDIVERSE_LINK = 23;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader calls characters (UAX 29). */
export const graphemes = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

const codePoints = (text: string): number => Array.from(text).length;

/** `@name@host` as `@name`, which is all that servers count. */
const localMentions = (text: string): string =>
  text.replace(
    /(?<![=/\p{Alphabetic}\p{N}_])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)@[\p{Alphabetic}\p{N}_](?:[\p{Alphabetic}\p{N}_.-]*[\p{Alphabetic}\p{N}_])?/gu,
    '@$1'
  );

function fediverse(text: string): number {
  let plain = '';
  let at = 0;
  let counted = 0;
  for (const link of links(text)) {
    // A letter in its place keeps what stands around it apart.
    plain += `${text.slice(at, link.start)}x`;
    at = link.end;
    counted += FEDIVERSE_LINK - 1;
  }
  return counted + graphemes(localMentions(plain + text.slice(at))).length;
}

const UNITS: Record<string, (text: string) => number> = {
  graphemes: (text) => graphemes(text).length,
  utf16: (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length,
  code_points: codePoints,
  fediverse
};

/** The length of a text in a unit; nothing where this side does not know the unit. */
export const measure = (text: string, unit: string): number | undefined => UNITS[unit]?.(text);

/** The limit that a text comes nearest to, of those that this side can count. */
export function tightest(text: string, limits: Limit[]): Count | undefined {
  let most: Count | undefined;
  for (const { unit, max } of limits) {
    const used = measure(text, unit);
    if (used !== undefined && (!most || used / max > most.used / most.max)) most = { used, max, unit };
  }
  return most;
}

/** Where the text stops fitting, in UTF-16 units; its whole length when it fits. */
export function fits(text: string, limits: Limit[]): number {
  const known = limits.filter(({ unit }) => unit in UNITS);
  const within = (end: number) =>
    known.every(({ unit, max }) => (measure(text.slice(0, end), unit) ?? 0) <= max);
  if (within(text.length)) return text.length;
  const ends = [0];
  for (const cluster of graphemes(text)) ends.push((ends.at(-1) ?? 0) + cluster.length);
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (within(ends[middle] ?? 0)) low = middle;
    else high = middle - 1;
  }
  return ends[low] ?? 0;
}
