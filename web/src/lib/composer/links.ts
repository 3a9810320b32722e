/**
 * Links with a scheme by the rules of twitter-text, as far as counting needs them: a host with a known
 * ending, then perhaps a port, a path and a query. The full rules are the server's (`text/extract`).
 */
import endings from '../../../../crates/domain/src/text/data/tlds.txt?raw';

/** A stretch of a text, in UTF-16 units. */
export interface Stretch {
  start: number;
  end: number;
}

const KNOWN = new Set(endings.split('\n').filter(Boolean));
/** The longest name has 18 characters. */
const LONGEST_ENDING = 18;

const LATIN = 'A-Za-z0-9\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u024F\\u0300-\\u036F\\u1E00-\\u1EFF';
const PATH_END = `+\\-=_#/${LATIN}\\u0400-\\u04FF`;
const PATH = `${PATH_END}!*';:,.$%\\[\\]\\u2013~@|&`;
const PARENS = `\\((?:[${PATH}]+|[${PATH}]*\\([${PATH}]+\\)[${PATH}]*)\\)`;
const SCHEME = /(?<![A-Za-z0-9@\uFF20$#\uFF03]|\uFFFE|\uFEFF|\uFFFF)https?:\/\//giu;
// What a label may hold: no punctuation, no white space, no marks that turn the direction of writing.
const LABEL = '[^\\s!-/:-@\\[-`{-~\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069\\uFEFF]';
const HOST = new RegExp(`(?:${LABEL}|[.\\-_])+`, 'uy');
const PORT = /:\d+/y;
// Accents are letters of a path by themselves.
// eslint-disable-next-line no-misleading-character-class
const WAY = new RegExp(`/(?:${PARENS}|[${PATH}]*[${PATH_END}])*`, 'uy');
const QUERY = /\?[A-Za-z0-9\-_&=#/!?*'@();:+$%[\].,~|]*[A-Za-z0-9\-_&=#/]/y;

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Where a known ending that begins here stops, the longest one; what follows is no letter of a name. */
function endingEnd(text: string, from: number, limit: number): number | undefined {
  for (let end = Math.min(limit, from + LONGEST_ENDING); end > from; end -= 1) {
    const closed = !/[A-Za-z0-9@+-]/.test(text[end] ?? '');
    if (closed && KNOWN.has(text.slice(from, end).toLowerCase())) return end;
  }
  const encoded = /^xn--[a-z0-9-]+/i.exec(text.slice(from, limit));
  return encoded ? from + encoded[0].length : undefined;
}

/** Where the longest host that begins here ends. */
function hostEnd(text: string, from: number): number | undefined {
  const limit = after(HOST, text, from);
  for (let dot = text.lastIndexOf('.', limit - 1); dot > from; dot = text.lastIndexOf('.', dot - 1)) {
    const end = endingEnd(text, dot + 1, limit);
    const labels = text.slice(from, dot).split('.');
    const sound = labels.every((label) => label !== '' && !/^[-_]|[-_]$/.test(label));
    if (end !== undefined && sound && !labels.at(-1)?.includes('_')) return end;
  }
  return undefined;
}

/** The links with a scheme, in order. */
export function links(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const match of text.matchAll(SCHEME)) {
    const start = match.index;
    if (start < (found.at(-1)?.end ?? 0)) continue;
    const host = hostEnd(text, start + match[0].length);
    if (host === undefined) continue;
    found.push({ start, end: after(QUERY, text, after(WAY, text, after(PORT, text, host))) });
  }
  return found;
}
