/** Where the cards of a day stand. At most two side by side: three in a column of a week say nothing. */
import { minutesOf } from './days';

/** Something at one minute of the day. */
interface Timed {
  local: string;
}

/** One place of a day: a card, or several that share it. */
export interface Place<T> {
  items: [T, ...T[]];
  /** The minute of the day that it begins at. */
  start: number;
  /** 0 at the start of the column, 1 at its end. */
  lane: 0 | 1;
  /** Whether something stands beside it, so that it has half of the column. */
  half: boolean;
}

/**
 * Places things of a day, which come earliest first. `length` is how many minutes of the grid a card
 * covers. What finds no room in the first lane goes to the second, and what finds none there joins the
 * card it would lie upon: they are shown as “+n”.
 */
export function lanes<T extends Timed>(things: readonly T[], length: number): Place<T>[] {
  const places: Place<T>[] = [];
  const last: (Place<T> | undefined)[] = [undefined, undefined];
  const free = (lane: 0 | 1, start: number) => !last[lane] || last[lane].start + length <= start;

  for (const thing of things) {
    const start = minutesOf(thing.local);
    const lane = free(0, start) ? 0 : 1;
    const below = last[1];
    if (lane === 1 && below && !free(1, start)) {
      below.items.push(thing);
    } else {
      const place: Place<T> = { items: [thing], start, lane, half: false };
      places.push(place);
      last[lane] = place;
    }
  }
  return halved(places, length);
}

/** Says of each place whether one of the other lane is beside it. */
function halved<T>(places: Place<T>[], length: number): Place<T>[] {
  for (const place of places) {
    place.half = places.some(
      (other) => other.lane !== place.lane && Math.abs(other.start - place.start) < length
    );
  }
  return places;
}
