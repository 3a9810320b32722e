import { match, segments, around, type Segment } from './fuzzy';

/** Something that the palette can offer. */
export interface Offer<G extends string = string> {
  id: string;
  group: G;
  /** What it is searched and shown by. */
  text: string;
  /** Long text of people, which only whole words search and of which a part is shown. */
  long?: boolean;
  /** Other words that find it, such as a handle. */
  also?: string;
}

/** An offer as it is shown. */
export type Found<T extends Offer> = T & { segments: Segment[]; score: number };

export interface FoundGroup<T extends Offer> {
  group: string;
  items: Found<T>[];
}

/** How many of a kind are shown before anything is typed, and after. */
const FEW = 5;
const MANY = 8;
const RECENT = 4;

function fit<T extends Offer>(offer: T, query: string): Found<T> | undefined {
  const found = match(query, offer.text, !offer.long);
  if (found) {
    const pieces = offer.long ? around(offer.text, found.ranges) : segments(offer.text, found.ranges);
    return { ...offer, segments: pieces, score: found.score };
  }
  const other = offer.also ? match(query, offer.also, false) : undefined;
  // Found by something that is not shown, so nothing of it is marked.
  return other && { ...offer, segments: [{ text: offer.text, hit: false }], score: other.score / 2 };
}

/** What was used last stands above what matches as well. */
const used = (id: string, recent: string[]): number => {
  const at = recent.indexOf(id);
  return at < 0 ? 0 : 12 - at;
};

function groups<T extends Offer>(items: Found<T>[], order: string[], most: number): FoundGroup<T>[] {
  return order
    .map((group) => ({ group, items: items.filter((item) => item.group === group).slice(0, most) }))
    .filter(({ items: these }) => these.length > 0);
}

/** What is offered for what was typed: the best of each kind, the kind with the best one first. */
export function search<T extends Offer>(
  offers: T[],
  query: string,
  order: string[],
  recent: string[]
): FoundGroup<T>[] {
  const found = offers.flatMap((offer) => fit(offer, query) ?? []);
  if (query.trim() === '') {
    const known = recent.flatMap((id) => found.find((item) => item.id === id) ?? []).slice(0, RECENT);
    const rest = found.filter((item) => !known.includes(item));
    const last = known.length > 0 ? [{ group: 'recent', items: known }] : [];
    // Commands are few and show what there is; of posts and channels a few are enough.
    return [...last, ...groups(rest, order, FEW)];
  }
  const ranked = found
    .map((item) => ({ ...item, score: item.score + used(item.id, recent) }))
    .toSorted((a, b) => b.score - a.score);
  const best = (group: string): number => ranked.find((item) => item.group === group)?.score ?? -Infinity;
  return groups(
    ranked,
    order.toSorted((a, b) => best(b) - best(a)),
    MANY
  );
}
