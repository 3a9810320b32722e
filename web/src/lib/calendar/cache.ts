/** What the calendar looks like before the server has answered: pure changes of its cached stretches. */
import type { CalendarItem, Schemas } from '$lib/api';
import { compare, isMovable } from './cards';

type Calendar = Schemas['Calendar'];

/** The deliveries of a post that would move with it. */
export const movableOf = (items: readonly CalendarItem[], post: string): CalendarItem[] =>
  items.filter((item) => item.post === post && isMovable(item));

/**
 * A stretch after what is not out of a post got another time. `moving` comes from the stretch it was
 * shown in: the one it moves to may know nothing of it yet.
 */
export function moved(calendar: Calendar, moving: readonly CalendarItem[], local: string): Calendar {
  // Stretches overlap, so that one delivery may come from two.
  const ids = new Map(moving.map((item) => [item.delivery, item]));
  const placed = [...ids.values()].map((item) => ({
    ...item,
    local: `${local}:00`,
    state: 'scheduled' as const,
    hold_reason: undefined
  }));
  const items = [...calendar.items.filter((item) => !ids.has(item.delivery)), ...placed];
  return { ...calendar, items: items.sort((a, b) => compare(a.local, b.local)) };
}

/** A stretch without a post. */
export const without = (calendar: Calendar, post: string): Calendar => ({
  ...calendar,
  items: calendar.items.filter((item) => item.post !== post)
});
