import type { CalendarItem, Delivery, HoldReason } from '$lib/api';
import { isEditable } from '$lib/post/remedy';

/** What rows are filtered by. */
export const KINDS = ['unconfirmed', 'failed', 'incomplete', 'held'] as const;
export type Kind = (typeof KINDS)[number];

/** What stands together: a state, or the reason of a hold. */
export type Group = 'unconfirmed' | 'failed' | 'incomplete' | HoldReason;

/** In this order: first what may be out twice, last what somebody else must do. */
export const GROUPS: Group[] = [
  'unconfirmed',
  'failed',
  'incomplete',
  'late',
  'restored',
  'reconnect',
  'paused',
  'budget',
  'approval',
  'operator'
];

/** Reasons that a person lets go all at once. The others go by themselves when their cause is gone. */
export const BULK: Group[] = ['late', 'restored', 'budget'];

export interface Row {
  delivery: Delivery;
  group: Group;
  /** The beginning of its text; nothing where there is none, or none any more. */
  excerpt: string;
  /** The file whose small picture shows it. */
  thumbnail?: string;
  /** Whether the words of its post can still be changed. */
  editable: boolean;
}

export const kindOf = (group: Group): Kind =>
  group === 'unconfirmed' || group === 'failed' || group === 'incomplete' ? group : 'held';

export function groupOf(delivery: Pick<Delivery, 'state' | 'hold_reason' | 'incomplete'>): Group | undefined {
  if (delivery.state === 'held') return delivery.hold_reason ?? 'late';
  if (delivery.state === 'unconfirmed' || delivery.state === 'failed') return delivery.state;
  return delivery.state === 'published' && delivery.incomplete ? 'incomplete' : undefined;
}

/** The rows of the inbox, the most recent of each group first. */
export function rows(deliveries: Delivery[], calendar: CalendarItem[]): Row[] {
  const items = new Map(calendar.map((item) => [item.delivery, item]));
  const siblings = grouped(calendar, (item) => item.post);
  const found = deliveries.flatMap((delivery): Row[] => {
    const group = groupOf(delivery);
    if (!group) return [];
    const others = (siblings.get(delivery.post) ?? []).filter((item) => item.delivery !== delivery.id);
    // Of the others of a post only the state is known here, which is enough: what is out cannot be edited.
    const known = others.map(({ state }) => ({ state, actions: ['cancel' as const] }));
    return [
      {
        delivery,
        group,
        // One that was asked for by itself has neither, and is one of the calendar.
        excerpt: delivery.excerpt ?? items.get(delivery.id)?.excerpt ?? '',
        thumbnail: delivery.thumbnail ?? items.get(delivery.id)?.thumbnail ?? undefined,
        editable: isEditable([delivery, ...known])
      }
    ];
  });
  return found.toSorted(byUrgency);
}

/** Group by group, the most recent first. */
export const byUrgency = (a: Row, b: Row): number =>
  GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
  b.delivery.scheduled_at.localeCompare(a.delivery.scheduled_at);

/** What the address of the screen asks for; anything that is not known shows everything. */
export function filtered(all: Row[], kind: string | null, channel: string | null): Row[] {
  const known = KINDS.find((one) => one === kind);
  return all.filter(
    (row) => (!known || kindOf(row.group) === known) && (!channel || row.delivery.channel.id === channel)
  );
}

/** Reasons why some were not let go, each once with how many it concerns. */
export function reasons(skipped: { detail: string }[]): { why: string; count: number }[] {
  const found = grouped(skipped, (one) => one.detail);
  return [...found].map(([why, these]) => ({ why, count: these.length }));
}

/** Items by what they have in common, in the order of their first. */
export function grouped<T, K>(items: T[], key: (item: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return found;
}
