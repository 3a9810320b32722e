/** Where a card or the focus goes, by keys and by a pointer; times are wall-clock texts. */
import { addDays, addMinutes, at, minutesOf, slotOf, snap, SNAP } from './days';

const HOUR = 60;

/** The key that was pressed, as the reading direction has it: the arrow to the end is the next day. */
function towards(key: string, rtl: boolean): 'up' | 'down' | 'before' | 'after' | undefined {
  if (key === 'ArrowUp') return 'up';
  if (key === 'ArrowDown') return 'down';
  if (key === 'ArrowLeft') return rtl ? 'after' : 'before';
  if (key === 'ArrowRight') return rtl ? 'before' : 'after';
  return undefined;
}

/** Where an arrow takes a lifted card: a quarter of an hour or a day, with shift an hour or a week. */
export function carried(local: string, key: string, shift: boolean, rtl: boolean): string | undefined {
  const day = (count: number) => `${addDays(local, count)}${local.slice(10, 16)}`;
  switch (towards(key, rtl)) {
    case 'up':
      return addMinutes(local, shift ? -HOUR : -SNAP);
    case 'down':
      return addMinutes(local, shift ? HOUR : SNAP);
    case 'before':
      return day(shift ? -7 : -1);
    case 'after':
      return day(shift ? 7 : 1);
    default:
      return undefined;
  }
}

/** Where the focus can be: at something that is there, or at an empty quarter of an hour. */
export interface Spot {
  local: string;
  key?: string;
}

const sameSlot = (a: string, b: string): boolean =>
  a.slice(0, 10) === b.slice(0, 10) && slotOf(minutesOf(a)) === slotOf(minutesOf(b));

/** The spot at a slot: the first or last thing in it, or the slot itself. */
function spotAt(local: string, things: readonly Required<Spot>[], end: 'first' | 'last' = 'first'): Spot {
  const there = things.filter((thing) => sameSlot(thing.local, local));
  return (end === 'first' ? there[0] : there.at(-1)) ?? { local };
}

/**
 * Where an arrow takes the focus: up and down by slot, things of one slot one after another; to the
 * sides by day. Page keys go from thing to thing. `things` come earliest first. The day before the
 * first and after the last are answered too: whoever asks turns the week.
 */
export function stepped(
  spot: Spot,
  key: string,
  things: readonly Required<Spot>[],
  rtl: boolean
): Spot | undefined {
  const slot = at(spot.local.slice(0, 10), slotOf(minutesOf(spot.local)));
  const way = towards(key, rtl);
  if (way === 'before' || way === 'after') {
    return spotAt(`${addDays(slot, way === 'after' ? 1 : -1)}${slot.slice(10)}`, things);
  }
  if (way === 'up' || way === 'down') return upOrDown(spot, slot, way, things);
  if (key === 'PageDown') return things.find((thing) => isAfter(thing, spot, things));
  if (key === 'PageUp') return things.findLast((thing) => isBefore(thing, spot, things));
  return undefined;
}

function upOrDown(
  spot: Spot,
  slot: string,
  way: 'up' | 'down',
  things: readonly Required<Spot>[]
): Spot | undefined {
  const step = way === 'down' ? 1 : -1;
  const index = things.findIndex((thing) => thing.key === spot.key);
  const beside = index < 0 ? undefined : things[index + step];
  if (beside && sameSlot(beside.local, slot)) return beside;
  const next = addMinutes(slot, step * SNAP);
  // The day ends here; the sides lead to another.
  if (next.slice(0, 10) !== slot.slice(0, 10)) return undefined;
  return spotAt(next, things, way === 'down' ? 'first' : 'last');
}

function isAfter(thing: Required<Spot>, spot: Spot, things: readonly Required<Spot>[]): boolean {
  const index = things.findIndex((one) => one.key === spot.key);
  return index < 0 ? thing.local > spot.local : things.indexOf(thing) > index;
}

function isBefore(thing: Required<Spot>, spot: Spot, things: readonly Required<Spot>[]): boolean {
  const index = things.findIndex((one) => one.key === spot.key);
  return index < 0 ? thing.local < spot.local : things.indexOf(thing) < index;
}

/** A rectangle of the screen, as a browser measures it. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The day and the minute under a point of the grid. Beyond its edges the nearest counts. */
export function under(
  point: { x: number; y: number },
  box: Box,
  days: readonly string[],
  rtl: boolean
): { day: string; minutes: number } {
  const across = (point.x - box.left) / box.width;
  const index = Math.floor((rtl ? 1 - across : across) * days.length);
  const day = days[Math.min(days.length - 1, Math.max(0, index))] ?? '';
  return { day, minutes: ((point.y - box.top) / box.height) * 24 * HOUR };
}

/** The time under the top of a card that is carried, `grab` pixels above the pointer. */
export function droppedAt(
  point: { x: number; y: number },
  grab: number,
  box: Box,
  days: readonly string[],
  rtl: boolean
): string {
  const { day, minutes } = under({ x: point.x, y: point.y - grab }, box, days, rtl);
  return at(day, snap(minutes));
}

/** How near to the side of the grid a carried card turns the week, in pixels. */
const EDGE = 16;

/** Which week a point at the side of the grid asks for: the one before, the one after, or none. */
export function edge(x: number, box: Box, rtl: boolean): -1 | 0 | 1 {
  const before: -1 | 1 = rtl ? 1 : -1;
  if (x < box.left) return before;
  if (x > box.left + box.width - EDGE) return before === -1 ? 1 : -1;
  return 0;
}

/** How fast the grid scrolls under a card that is carried to its upper or lower end, in pixels a frame. */
export function scrollSpeed(y: number, top: number, bottom: number): number {
  const near = 48;
  const most = 16;
  const above = Math.min(1, Math.max(0, (top + near - y) / near));
  const below = Math.min(1, Math.max(0, (y - bottom + near) / near));
  return Math.round((below - above) * most);
}
