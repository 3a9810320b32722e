/** A piece of text, marked where it matches. */
export interface Segment {
  text: string;
  hit: boolean;
}

/** How well something matches, and which letters do. */
export interface Match {
  score: number;
  /** Beginnings and ends in letters, in order and apart from each other. */
  ranges: [number, number][];
}

const START = 100;
const MIDDLE = 60;
const SCATTERED = 40;

/** Letters without case and marks, one for each letter of the text. */
const folded = (text: string): string[] =>
  [...text].map((letter) => (letter.normalize('NFD')[0] ?? letter).toLocaleLowerCase());

const isWord = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}]/u.test(letter);

/** Whether a word begins at a place. */
const begins = (letters: string[], at: number): boolean => !isWord(letters[at - 1]);

/** The best place where a word stands as it is; the beginning of a word is better than its middle. */
function whole(word: string[], letters: string[]): Match | undefined {
  let found: Match | undefined;
  for (let at = 0; at + word.length <= letters.length; at++) {
    if (!word.every((letter, index) => letters[at + index] === letter)) continue;
    const range: [number, number] = [at, at + word.length];
    if (begins(letters, at)) return { score: START - Math.min(at, 20), ranges: [range] };
    found ??= { score: MIDDLE - Math.min(at, 20), ranges: [range] };
  }
  return found;
}

/** The letters of a word in order, each following the last one or beginning another word, as in `np` for *New post*. */
function scattered(word: string[], letters: string[], from = 0): [number, number][] | undefined {
  const [first, ...rest] = word;
  if (first === undefined) return [];
  for (let at = from; at < letters.length; at++) {
    if (letters[at] !== first) continue;
    if (at !== from && !begins(letters, at)) continue;
    if (from === 0 && !begins(letters, at)) continue;
    const after = scattered(rest, letters, at + 1);
    if (after) return [[at, at + 1], ...after];
  }
  return undefined;
}

function joined(ranges: [number, number][]): [number, number][] {
  const inOrder = ranges.toSorted((a, b) => a[0] - b[0]);
  const found: [number, number][] = [];
  for (const [from, to] of inOrder) {
    const last = found.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

/**
 * How well a text matches what was typed; nothing where a word of it is missing. `loose` lets initials
 * match, which suits short names and would find everything in long texts.
 */
export function match(query: string, text: string, loose = true): Match | undefined {
  const letters = folded(text);
  const words = query.trim().split(/\s+/).filter(Boolean).map(folded);
  let score = 0;
  const ranges: [number, number][] = [];
  for (const word of words) {
    let found = whole(word, letters);
    if (!found && loose && word.length > 1) {
      const marks = scattered(word, letters);
      if (marks) found = { score: SCATTERED - marks.length, ranges: marks };
    }
    if (!found) return undefined;
    score += found.score;
    ranges.push(...found.ranges);
  }
  // Of two that match alike the shorter one is meant.
  return { score: words.length ? score / words.length - letters.length / 100 : 0, ranges: joined(ranges) };
}

/** A text in pieces, for showing what matches. */
export function segments(text: string, ranges: [number, number][]): Segment[] {
  const letters = [...text];
  const found: Segment[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    found.push({ text: letters.slice(at, from).join(''), hit: false });
    found.push({ text: letters.slice(from, to).join(''), hit: true });
    at = to;
  }
  found.push({ text: letters.slice(at).join(''), hit: false });
  return found.filter((segment) => segment.text !== '');
}

/** How many letters stand before what matches, where a long text is cut. */
const BEFORE = 24;

/** The part of a long text around what matches, on one line. */
export function around(text: string, ranges: [number, number][], length = 100): Segment[] {
  const line = text.replace(/\s/g, ' ');
  const letters = [...line];
  const first = ranges[0]?.[0] ?? 0;
  const from = first + 10 > length ? Math.max(0, first - BEFORE) : 0;
  const to = Math.min(letters.length, from + length);
  const cut = letters.slice(from, to).join('');
  const moved = ranges
    .map(([a, b]): [number, number] => [Math.max(0, a - from), Math.min(to, b) - from])
    .filter(([a, b]) => b > a);
  const pieces = segments(cut, moved);
  if (from > 0) pieces.unshift({ text: '…', hit: false });
  if (to < letters.length) pieces.push({ text: '…', hit: false });
  return pieces;
}
