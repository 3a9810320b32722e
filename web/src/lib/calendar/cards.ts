/** Deliveries of one post at one time are one card: people think of the post. */
import type { CalendarItem } from '$lib/api';
import { shown, worst, type Shown } from '$lib/status';
import { minute, minutesOf } from './days';

/** A post at a time. */
export interface Card {
  /** The same as long as the post stays at its time. */
  key: string;
  post: string;
  /** `YYYY-MM-DDTHH:MM` on the workspace's clock. */
  local: string;
  items: CalendarItem[];
  status: Shown;
  /** How many of its deliveries are out. */
  published: number;
  excerpt: string;
}

export const cardKey = (post: string, local: string): string => `${post}@${minute(local)}`;

/** Whether a delivery can still be given another time. The server has the last word. */
export const isMovable = (item: Pick<CalendarItem, 'state' | 'hold_reason'>): boolean =>
  item.state === 'scheduled' ||
  item.state === 'waiting' ||
  item.state === 'failed' ||
  // After a restoration one of these may be out already: a person says so first.
  (item.state === 'held' && item.hold_reason !== 'restored');

/** Why a card stays where it is; nothing when it can be moved. */
export function fixed(card: Card): 'publishing' | 'published' | 'unconfirmed' | 'restored' | undefined {
  if (card.items.some((item) => item.state === 'running')) return 'publishing';
  if (card.items.some((item) => item.hold_reason === 'restored')) return 'restored';
  if (card.items.some(isMovable)) return undefined;
  return card.items.some((item) => item.state === 'unconfirmed') ? 'unconfirmed' : 'published';
}

function card(items: [CalendarItem, ...CalendarItem[]]): Card {
  const [first] = items;
  return {
    key: cardKey(first.post, first.local),
    post: first.post,
    local: minute(first.local),
    items,
    status: worst(items.map(shown)),
    published: items.filter((item) => item.state === 'published').length,
    excerpt: items.find((item) => item.excerpt !== '')?.excerpt ?? ''
  };
}

/** The cards of deliveries, the earliest first. */
export function cards(items: readonly CalendarItem[]): Card[] {
  const groups = new Map<string, [CalendarItem, ...CalendarItem[]]>();
  for (const item of items) {
    const key = cardKey(item.post, item.local);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].map(card).sort((a, b) => compare(a.local, b.local) || compare(a.key, b.key));
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Things by their day, for the days that are asked for. */
export function byDay<T extends { local: string }>(
  things: readonly T[],
  days: readonly string[]
): Map<string, T[]> {
  const found = new Map<string, T[]>(days.map((day) => [day, []]));
  for (const thing of things) found.get(thing.local.slice(0, 10))?.push(thing);
  return found;
}

/** The networks of a card, each once, in their order. */
export const platforms = (card: Card): string[] => [...new Set(card.items.map((item) => item.platform))];

/** The minute of the day that a week opens at: an hour before its first post, or before now. */
export function opensAt(cards: readonly { local: string }[], now: string | undefined): number {
  const minutes = [...cards.map((one) => minutesOf(one.local)), ...(now ? [minutesOf(now)] : [])];
  const first = minutes.length > 0 ? Math.min(...minutes) : 9 * 60;
  return Math.max(0, Math.floor(first / 60) * 60 - 60);
}
