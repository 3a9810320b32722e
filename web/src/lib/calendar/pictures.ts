import * as paths from '$lib/paths';
import type { Card } from './cards';

/** The address of the small picture of a card, where the post has one. */
export function pictureOf(ws: string, card: Card): string | undefined {
  const file = card.items.find((item) => item.thumbnail)?.thumbnail;
  return file ? paths.thumbnail(ws, file) : undefined;
}
