import { localTime } from '$lib/i18n/format';
import type { LocalTime } from './model';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
/** Nearer than this is not proposed: somebody still wants to read it once more. */
const AHEAD = 5 * MINUTE;

/** A proposed time and what it is called. */
export interface Proposal {
  kind: 'quarter' | 'hour' | 'tomorrow';
  local: string;
}

/** The next instant that is a whole quarter hour. Zones differ from each other by whole quarters. */
const quarterAfter = (instant: number): Date => new Date(Math.ceil(instant / QUARTER) * QUARTER);

/** The day after a wall-clock time's day. */
export function nextDay(local: string): string {
  const day = new Date(`${local.slice(0, 10)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
}

/** The times that are offered with one press, on the clock of a zone. */
export const proposals = (now: number, zone: string): Proposal[] => [
  { kind: 'quarter', local: localTime(quarterAfter(now + AHEAD), zone) },
  { kind: 'hour', local: localTime(new Date(now + 60 * MINUTE), zone) },
  { kind: 'tomorrow', local: `${nextDay(localTime(new Date(now), zone))}T09:30` }
];

/** What is proposed before anybody chose: a quarter hour with an hour to think again. */
export const proposed = (now: number, zone: string): LocalTime => ({
  local: localTime(quarterAfter(now + 60 * MINUTE), zone),
  zone
});

/** A wall-clock time of an address, where it is one. */
export const parseLocal = (text: string | null): string | undefined =>
  text && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? text.slice(0, 16) : undefined;

/** The parts of a time that two fields edit. */
export const joinLocal = (date: string, time: string): string | undefined => parseLocal(`${date}T${time}`);
