/**
 * Arithmetic on wall-clock texts: days `YYYY-MM-DD` and times `YYYY-MM-DDTHH:MM`. It never asks a zone:
 * a clock that jumps is the server's business, which knows what each of its times means.
 */

/** The steps of the grid, in minutes. */
export const SNAP = 15;
export const DAY_MINUTES = 1440;
/** The last time of a day that the grid can name. */
export const LAST_SLOT = DAY_MINUTES - SNAP;

const DAY_MS = 86_400_000;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

const instantOf = (day: string): number => Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
const dayOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

/** Whether a text is a day that exists. */
export const isDay = (text: string): boolean =>
  DAY.test(text) && !Number.isNaN(instantOf(text)) && dayOf(instantOf(text)) === text;

export const addDays = (day: string, count: number): string => dayOf(instantOf(day) + count * DAY_MS);

/** How many days lie between two. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((instantOf(to) - instantOf(from)) / DAY_MS);

/** 1 for Monday to 7 for Sunday. */
export const weekday = (day: string): number => new Date(instantOf(day)).getUTCDay() || 7;

/** The first day of the week that a day is in. */
export const weekStart = (day: string, first = 1): string => addDays(day, -((weekday(day) - first + 7) % 7));

/** So many days, from one on. */
export const days = (from: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => addDays(from, index));

/** The minutes since midnight of a time. */
export const minutesOf = (local: string): number =>
  Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16));

const two = (value: number): string => String(value).padStart(2, '0');

/** The time that is so many minutes after the midnight that a day begins with. */
export function at(day: string, minutes: number): string {
  const over = Math.floor(minutes / DAY_MINUTES);
  const rest = minutes - over * DAY_MINUTES;
  return `${addDays(day, over)}T${two(Math.floor(rest / 60))}:${two(rest % 60)}`;
}

export const addMinutes = (local: string, minutes: number): string =>
  at(local.slice(0, 10), minutesOf(local) + minutes);

/** A time without its seconds, as the API takes it. */
export const minute = (local: string): string => local.slice(0, 16);

/** The slot that a minute of the day falls into. */
export const slotOf = (minutes: number): number =>
  Math.min(LAST_SLOT, Math.max(0, Math.floor(minutes / SNAP) * SNAP));

/** The slot nearest to a minute of the day. */
export const snap = (minutes: number): number =>
  Math.min(LAST_SLOT, Math.max(0, Math.round(minutes / SNAP) * SNAP));

/** The first time of the grid that is still to come. */
export const nextSlot = (now: string): string =>
  at(now.slice(0, 10), (Math.floor(minutesOf(now) / SNAP) + 1) * SNAP);

/** Texts of this form sort as the times do. */
export const isPast = (local: string, now: string): boolean => minute(local) <= minute(now);

interface WeekInfo {
  getWeekInfo?: () => { firstDay: number };
  weekInfo?: { firstDay: number };
}

/** The day that weeks begin with where a language is spoken; Monday where the browser does not know. */
export function firstWeekday(locale: string): number {
  if (locale === 'en') return 1;
  const found = new Intl.Locale(locale) as Intl.Locale & WeekInfo;
  return (found.getWeekInfo?.() ?? found.weekInfo)?.firstDay ?? 1;
}
