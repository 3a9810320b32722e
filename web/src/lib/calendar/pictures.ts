import * as paths from '$lib/paths';
import type { CalendarItem } from '$lib/api';
import type { Card } from './cards';

type Item = CalendarItem & { thumbnail?: string | null };

/** The address of the small picture of a card, where the post has one. */
export function pictureOf(ws: string, card: Card): string | undefined {
  const found = card.items.find((item: Item) => item.thumbnail) as Item | undefined;
  return found?.thumbnail ? paths.thumbnail(ws, found.thumbnail) : undefined;
}
