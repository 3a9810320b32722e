/**
 * A text in the pieces that a network shows apart: links, mentions, tags. The publishing side has the full
 * rules (`text/extract`); these are near enough for a picture of a post.
 */
import endings from '../../../../crates/domain/src/text/data/tlds.txt?raw';
import { graphemes } from '$lib/composer/counters';
import { links as schemeLinks } from '$lib/composer/links';
import type { Rules } from './rules';

export interface Segment {
  kind: 'text' | 'link' | 'mention' | 'tag';
  /** What is read. */
  shown: string;
  /** What it stands for, where that is not what is read. */
  whole?: string;
}

interface Found {
  start: number;
  end: number;
  kind: Exclude<Segment['kind'], 'text'>;
}

const KNOWN = new Set([...endings.split('\n').filter(Boolean), 'test']);
const DOMAIN = String.raw`(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}`;
const BARE = new RegExp(
  String.raw`(?<=^|[\s(])(?:https?://\S+|(?=[a-z])${DOMAIN}(?![@\w])(?::\d+)?(?:[/?#]\S*)?)`,
  'giu'
);
const HANDLE = new RegExp(String.raw`(?<=^|[\s(])@${DOMAIN}(?![\w-])`, 'giu');
const SPACED_TAG = /(?<=^|\s)[#＃](?!\ufe0f)[^\s\u00ad\u2060\u200a-\u200d]*[^\d\s\p{P}\u200a-\u200d]\S*/gu;
const FEDIVERSE = /(?<![=/\w@])@[a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?(?:@[\p{L}\p{N}.-]*[\p{L}\p{N}])?/giu;
/** Names in the networks of Meta: letters without accents, dots inside. */
const NAME = /(?<![=/\w@.])@\w(?:[\w.]*\w)?/gu;
const WORD_TAG = /(?<![=/)\p{L}\p{N}_&])#[\p{L}\p{M}\p{N}_·]*[\p{L}_][\p{L}\p{M}\p{N}_]*/gu;
/** Punctuation of the sentence around a link. */
const CLOSING = /[.,;:!?"'’”»…>。、，！？」』）】》]$/u;

/** A link without what closes the sentence, and without parentheses that it did not open. */
function trimmed(text: string): string {
  let end = text;
  const count = (wanted: string) => end.split(wanted).length;
  while (CLOSING.test(end) || (end.endsWith(')') && count(')') > count('('))) end = end.slice(0, -1);
  return end;
}

const ending = (domain: string): string => domain.split('.').at(-1)?.toLowerCase() ?? '';

function all(text: string, pattern: RegExp, kind: Found['kind'], trim = (found: string) => found): Found[] {
  return Array.from(text.matchAll(pattern), (match) => ({
    start: match.index,
    end: match.index + trim(match[0]).length,
    kind
  }));
}

function links(text: string, rules: Rules): Found[] {
  if (rules.links === 'scheme')
    return schemeLinks(text).map((found) => ({ ...found, kind: 'link' as const }));
  if (rules.links === 'none') return [];
  return all(text, BARE, 'link', trimmed).filter(({ start, end }) => {
    const written = text.slice(start, end);
    return /^https?:\/\//i.test(written) || KNOWN.has(ending(written.split(/[:/?#]/)[0] ?? ''));
  });
}

function mentions(text: string, rules: Rules): Found[] {
  if (rules.mentions === 'fediverse') return all(text, FEDIVERSE, 'mention');
  if (rules.mentions === 'name') return all(text, NAME, 'mention');
  if (rules.mentions === 'none') return [];
  return all(text, HANDLE, 'mention').filter(({ start, end }) => KNOWN.has(ending(text.slice(start, end))));
}

function tags(text: string, rules: Rules): Found[] {
  if (rules.tags === 'none') return [];
  if (rules.mentions !== 'domain') {
    const found = all(text, WORD_TAG, 'tag');
    return rules.tags === 'first' ? found.slice(0, 1) : found;
  }
  return all(text, SPACED_TAG, 'tag', (found) => found.replace(/\p{P}+$/u, '')).filter(
    ({ start, end }) => end - start > 1 && end - start <= 65
  );
}

/** What is read in the place of what was found. */
function drawn(written: string, kind: Found['kind'], rules: Rules): Segment {
  if (kind === 'mention' && rules.mentions === 'fediverse') {
    const [, name, host] = written.split('@');
    return host ? { kind, shown: `@${name}`, whole: written } : { kind, shown: written };
  }
  if (kind !== 'link' || !rules.linkLength) return { kind, shown: written };
  const bare = written.replace(/^https?:\/\/(www\.)?/i, '');
  const shown = bare.length > rules.linkLength ? `${bare.slice(0, rules.linkLength)}…` : bare;
  return { kind, shown, whole: written };
}

/** The pieces of a text. Links win over what stands inside them. */
export function segments(text: string, rules: Rules): Segment[] {
  const urls = links(text, rules);
  const free = ({ start, end }: Found) => urls.every((url) => end <= url.start || start >= url.end);
  const others = [...mentions(text, rules), ...tags(text, rules)].filter(free);
  const pieces: Segment[] = [];
  let at = 0;
  for (const { start, end, kind } of [...urls, ...others].sort((a, b) => a.start - b.start)) {
    if (start < at || end <= start) continue;
    if (start > at) pieces.push({ kind: 'text', shown: text.slice(at, start) });
    pieces.push(drawn(text.slice(start, end), kind, rules));
    at = end;
  }
  if (at < text.length) pieces.push({ kind: 'text', shown: text.slice(at) });
  return pieces;
}

/** The first link of a text, which networks make a card of. */
export function firstLink(text: string, rules: Rules): string | undefined {
  const found = segments(text, rules).find((piece) => piece.kind === 'link');
  return found && (found.whole ?? found.shown);
}

/**
 * The beginning of a text, where it is longer than what is shown of it: so many characters, or so many lines as
 * they were written. Nothing where all of it is shown.
 */
export function beginning(pieces: Segment[], characters: number, lines: number): Segment[] | undefined {
  const whole = pieces.map((piece) => piece.shown).join('');
  const written = whole.split('\n').slice(0, lines).join('\n');
  const end = graphemes(written).slice(0, characters).join('').trimEnd().length;
  if (whole.slice(end).trim() === '') return undefined;
  let at = 0;
  return pieces.flatMap((piece) => {
    const from = at;
    at += piece.shown.length;
    return from < end ? [{ ...piece, shown: piece.shown.slice(0, end - from) }] : [];
  });
}
