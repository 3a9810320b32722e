import { links } from './links';

/** A stretch of a text and how it is drawn. */
export interface Run {
  text: string;
  kind: 'plain' | 'link' | 'mention' | 'tag';
  /** It is beyond what fits. */
  over: boolean;
}

const MENTION = /(?<![\p{L}\p{N}_@/])@[\p{L}\p{N}_](?:[\p{L}\p{N}_.@-]*[\p{L}\p{N}_])?/gu;
const TAG = /(?<![\p{L}\p{N}_&/])[#＃](?=[\p{N}_]*[\p{L}\p{M}])[\p{L}\p{M}\p{N}_]+/gu;

interface Found {
  start: number;
  end: number;
  kind: Run['kind'];
}

function found(text: string): Found[] {
  const urls = links(text).map((link) => ({ ...link, kind: 'link' as const }));
  const free = (start: number, end: number) => urls.every((url) => end <= url.start || start >= url.end);
  const matches = (pattern: RegExp, kind: Run['kind']) =>
    Array.from(text.matchAll(pattern), (match) => ({
      start: match.index,
      end: match.index + match[0].length,
      kind
    })).filter(({ start, end }) => free(start, end));
  return [...urls, ...matches(MENTION, 'mention'), ...matches(TAG, 'tag')].sort((a, b) => a.start - b.start);
}

/**
 * The runs of a text for the layer behind the field: links, mentions and tags as most networks find
 * them, and everything from `fitting` on as too much. Together they are the text again.
 */
export function runs(text: string, fitting: number): Run[] {
  const result: Run[] = [];
  const add = (start: number, end: number, kind: Run['kind']) => {
    const edge = Math.min(Math.max(fitting, start), end);
    if (edge > start) result.push({ text: text.slice(start, edge), kind, over: false });
    if (end > edge) result.push({ text: text.slice(edge, end), kind, over: true });
  };
  let at = 0;
  for (const { start, end, kind } of found(text)) {
    if (start < at) continue;
    add(at, start, 'plain');
    add(start, end, kind);
    at = end;
  }
  add(at, text.length, 'plain');
  return result;
}
