import type { Issue } from '$lib/api';
import type { Draft, Tab } from './model';

/** The field that an issue's JSON pointer leads to. */
export type Target =
  | { kind: 'text'; tab: Tab; part: number }
  | { kind: 'media'; tab: Tab; part: number; item?: number; alt: boolean }
  | { kind: 'delay'; tab: Tab; part: number }
  | { kind: 'setting'; channel: string; path: string }
  | { kind: 'channel'; channel: string }
  | { kind: 'channels' }
  | { kind: 'labels' }
  | { kind: 'when' }
  | { kind: 'post' };

const PART = /^\/parts\/(\d+)(?:\/(text|delay_s|media)(?:\/(\d+)(\/alt)?)?)?/;

function ofPart(pointer: string, tab: Tab): Target {
  const found = PART.exec(pointer);
  if (!found) return { kind: 'text', tab, part: 0 };
  const [, index, field, item, alt] = found;
  const part = Number(index);
  if (field === 'delay_s') return { kind: 'delay', tab, part };
  if (field !== 'media') return { kind: 'text', tab, part };
  return { kind: 'media', tab, part, ...(item ? { item: Number(item) } : {}), alt: alt !== undefined };
}

/** Where in the composer the field stands that a pointer into the request names. */
export function target(pointer: string, draft: Draft): Target {
  if (pointer.startsWith('/parts')) return ofPart(pointer, 'all');
  if (pointer.startsWith('/when')) return { kind: 'when' };
  if (pointer.startsWith('/labels')) return { kind: 'labels' };
  const own = /^\/channels\/(\d+)(\/.*)?$/.exec(pointer);
  if (!own) return pointer.startsWith('/channels') ? { kind: 'channels' } : { kind: 'post' };
  const [, index, rest = ''] = own;
  const channel = draft.variants[Number(index)]?.channel;
  if (!channel) return { kind: 'channels' };
  if (rest.startsWith('/settings')) {
    return { kind: 'setting', channel, path: rest.slice('/settings'.length) };
  }
  if (rest.startsWith('/parts')) return ofPart(rest, channel);
  return { kind: 'channel', channel };
}

/** A place in a post that is there already: a channel, and what was refused there, as it names it itself. */
export interface Spot {
  channel: string;
  /** A pointer into the part that was sent, into all parts, or into the settings; empty for the whole. */
  field: string;
}

/** Where in the composer that is; nothing where the channel is not one of the post any more. */
export function spotted({ channel, field }: Spot, draft: Draft): Target | undefined {
  const own = draft.variants.find((variant) => variant.channel === channel);
  if (!own) return undefined;
  if (field.startsWith('/settings')) {
    return { kind: 'setting', channel, path: field.slice('/settings'.length) };
  }
  // With one channel there are no tabs: what all have is what it has.
  const tab = own.parts || draft.variants.length > 1 ? channel : 'all';
  return ofPart(field.startsWith('/parts') ? field : `/parts/0${field}`, tab);
}

/** Two channels may say the same of one field. */
const sameWords = (a: Issue, b: Issue): boolean => a.field === b.field && a.detail === b.detail;

/** The issues of one part as a tab shows it, with their pointers beginning at the part. */
export function ofThisPart(issues: Issue[], draft: Draft, tab: Tab, part: number): Issue[] {
  const index = draft.variants.findIndex((own) => own.channel === tab);
  const forked = index >= 0 && draft.variants[index]?.parts !== undefined;
  const prefix = `${forked ? `/channels/${index}` : ''}/parts/${part}/`;
  return issues
    .filter(({ field }) => field.startsWith(prefix))
    .filter(({ channel }) => tab === 'all' || !channel || channel === tab)
    .map((issue) => ({ ...issue, field: issue.field.slice(prefix.length - 1) }))
    .filter((issue, place, all) => all.findIndex((other) => sameWords(other, issue)) === place);
}

/** The issues of one channel's settings, with the path within them. */
export function ofSettings(
  issues: Issue[],
  draft: Draft,
  channel: string
): { path: string; detail: string }[] {
  const index = draft.variants.findIndex((own) => own.channel === channel);
  const prefix = `/channels/${index}/settings`;
  return issues
    .filter(({ field }) => index >= 0 && (field === prefix || field.startsWith(`${prefix}/`)))
    .map(({ field, detail }) => ({ path: field.slice(prefix.length), detail }));
}

/** One entry of the list of problems; channels with the same sentence share it. */
export interface Problem {
  key: string;
  issue: Issue;
  /** All issues it stands for, which one fix puts right. */
  issues: Issue[];
  channels: string[];
}

/** Errors before warnings, each sentence once. */
export function problems(issues: Issue[]): Problem[] {
  const found = new Map<string, Problem>();
  for (const issue of issues) {
    const key = `${issue.severity} ${issue.field} ${issue.detail}`;
    const known = found.get(key);
    if (known) {
      known.issues.push(issue);
      if (issue.channel) known.channels.push(issue.channel);
    } else {
      found.set(key, { key, issue, issues: [issue], channels: issue.channel ? [issue.channel] : [] });
    }
  }
  const rank = (problem: Problem) => (problem.issue.severity === 'error' ? 0 : 1);
  return [...found.values()].sort((a, b) => rank(a) - rank(b));
}
