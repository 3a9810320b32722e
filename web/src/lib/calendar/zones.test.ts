/**
 * Every zone that this browser knows, from 2026 to 2030, around every change of its clocks. What should
 * be shown is worked out from the offset that the zone has at the instant, not from its clock.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CalendarItem } from '$lib/api';
import { localTime } from '$lib/i18n/format';
import { proposals, proposed } from '$lib/composer/when';
import { byDay } from './cards';
import { addDays, isDay, weekStart } from './days';
import { entries } from './entries';
import { shownDays, stretch, turned, type Filters } from './view';

/** Seconds on a quiet machine. */
vi.setConfig({ testTimeout: 120_000 });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGIN = Date.UTC(2026, 0, 1);
const END = Date.UTC(2031, 0, 1);
const EVERYTHING: Filters = { channel: [], status: [], label: [] };

/** The offset of a zone at an instant, in milliseconds, as `GMT+05:45` says it. */
function offsets(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  return (at) => {
    const text = format.format(at);
    const found = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
    if (!found) throw new Error(`${zone} at ${at}: ${text}`);
    const [, sign, hours = 0, minutes = 0, seconds = 0] = found;
    const size = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * 1000;
    return sign === '-' ? -size : size;
  };
}

/** The first instants of another offset. No zone changes twice within a week. */
function changes(offset: (at: number) => number): number[] {
  const found: number[] = [];
  let before = offset(BEGIN);
  for (let at = BEGIN; at < END; at += 7 * DAY) {
    const after = offset(at + 7 * DAY);
    if (after === before) continue;
    let [low, high] = [at, at + 7 * DAY];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    found.push(high);
    before = after;
  }
  return found;
}

interface Case {
  at: number;
  local: string;
}

/** Moments around every change, and on an ordinary day of every other month. */
function cases(zone: string): Case[] {
  const offset = offsets(zone);
  const near = [-DAY, -2 * HOUR, -HOUR, -MINUTE, 0, 30 * MINUTE, HOUR, 2 * HOUR, DAY];
  const moments = changes(offset).flatMap((change) => near.map((by) => change + by));
  for (let n = 0; n < 30; n++) moments.push(Date.UTC(2026, 2 * n, 10, (n * 5) % 24, (n * 7) % 60));
  return [...new Set(moments)].map((at) => ({
    at,
    local: new Date(at + offset(at)).toISOString().slice(0, 16)
  }));
}

const item = ({ at, local }: Case): CalendarItem =>
  ({
    delivery: String(at),
    post: String(at),
    channel: 'c',
    platform: 'bluesky',
    handle: 'ada',
    state: 'scheduled',
    at: new Date(at).toISOString(),
    local: `${local}:00`,
    labels: [],
    excerpt: '',
    parts: 1
  }) as unknown as CalendarItem;

/** What a server has of the stretch that a view asks for. */
function answered(all: Case[], days: string[]) {
  const { from, until } = stretch(days);
  const within = all.filter(({ at }) => at >= Date.parse(from) && at < Date.parse(until));
  return { zone: '', items: within.map(item), planned: [], truncated: false };
}

const ids = (found: { card?: { post: string } }[]) => found.map(({ card }) => Number(card?.post)).sort();
const on = (all: Case[], has: (day: string) => boolean) =>
  all
    .filter(({ local }) => has(local.slice(0, 10)))
    .map(({ at }) => at)
    .sort();

const ZONES = Intl.supportedValuesOf('timeZone');

describe('every zone', () => {
  const known = ZONES.map((zone) => [zone, cases(zone)] as const);
  /** One zone of those that always agree: what asks no clock is worked out once for them. */
  const distinct = [
    ...new Map(known.map(([zone, all]) => [JSON.stringify(all), [zone, all] as const])).values()
  ];

  it('changes its clocks where zones do', () => {
    expect(ZONES.length).toBeGreaterThan(400);
    const all = known.reduce((sum, [, found]) => sum + found.length, 0);
    expect(all).toBeGreaterThan(15_000);
    expect(distinct.length).toBeGreaterThan(50);
  });

  it('shows an instant by its own clock', () => {
    for (const [zone, all] of known) {
      const wrong = all.filter(({ at, local }) => localTime(new Date(at), zone) !== local);
      expect(wrong, zone).toEqual([]);
    }
  });

  it('has each post in exactly one day of exactly one week, whichever day weeks begin with', () => {
    for (const [zone, all] of distinct) {
      for (const first of [1, 6, 7]) {
        const weeks = [...new Set(all.map(({ local }) => weekStart(local, first)))];
        const found = weeks.flatMap((date) => {
          const days = shownDays({ view: 'week', date }, first);
          const shown = entries(answered(all, days), days, EVERYTHING);
          const columns = byDay(shown, days);
          for (const day of days)
            expect(ids(columns.get(day)!), `${zone} ${day}`).toEqual(on(all, (one) => one === day));
          return ids(shown);
        });
        expect(found.sort(), zone).toEqual(all.map(({ at }) => at).sort());
      }
    }
  });

  it('lists four weeks as the weeks show them, and turns from one to the next without a gap', () => {
    for (const [zone, all] of distinct) {
      let date = weekStart('2026-01-01');
      let listed = 0;
      while (date < '2031-01-10') {
        const days = shownDays({ view: 'list', date }, 1);
        const shown = ids(entries(answered(all, days), days, EVERYTHING));
        expect(shown, `${zone} ${date}`).toEqual(on(all, (day) => days.includes(day)));
        listed += shown.length;
        const next = turned({ view: 'list', date }, 1);
        expect(next).toBe(addDays(days.at(-1)!, 1));
        date = next;
      }
      expect(listed, zone).toBe(all.length);
    }
  });

  it('proposes times that exist and are still to come', () => {
    for (const [zone, all] of distinct) {
      const offset = offsets(zone);
      for (const { at } of all) {
        const now = localTime(new Date(at), zone);
        for (const { local, kind } of [...proposals(at, zone), { ...proposed(at, zone), kind: 'proposed' }]) {
          expect(isDay(local.slice(0, 10)), `${zone} ${local}`).toBe(true);
          if (kind === 'tomorrow') expect(local.slice(0, 10)).toBe(addDays(now, 1));
          else expect(exists(local, offset), `${zone} ${now} ${kind} ${local}`).toBe(true);
        }
      }
    }
  });
});

/** Whether a clock ever shows a time: for one of the offsets of that day it is its own. */
function exists(local: string, offset: (at: number) => number): boolean {
  const shown = Date.parse(`${local}:00Z`);
  return [-DAY, DAY].some((by) => {
    const at = shown - offset(shown + by);
    return at + offset(at) === shown;
  });
}

describe('the zone of the machine', () => {
  const before = process.env.TZ;
  afterEach(() => {
    process.env.TZ = before ?? '';
    if (before === undefined) delete process.env.TZ;
  });

  it('changes nothing', () => {
    const seen = new Set<string>();
    const machines = new Set<number>();
    for (const tz of ['UTC', 'Pacific/Apia', 'America/St_Johns', 'Asia/Kathmandu']) {
      process.env.TZ = tz;
      machines.add(new Date(2026, 6, 1).getTimezoneOffset());
      const of = ['Europe/Lisbon', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Casablanca'].map(
        (zone) => {
          const all = cases(zone);
          const weeks = all.map(({ local }) => shownDays({ view: 'week', date: local }, 1));
          const shown = weeks.map((days) => ids(entries(answered(all, days), days, EVERYTHING)));
          return [
            all,
            weeks,
            shown,
            all.map(({ at }) => [proposals(at, zone), localTime(new Date(at), zone)])
          ];
        }
      );
      seen.add(JSON.stringify(of));
    }
    expect(machines.size, 'the machine did change').toBe(4);
    expect(seen.size).toBe(1);
  });
});
