/** Dates, times and figures as the reader writes them. Wall-clock times are text `YYYY-MM-DDTHH:MM`. */

const locale = (): string => document.documentElement.lang || 'en';

/** English without a country is written as in most of the world: the day before the month, 24 hours. */
const formatting = (): string => (locale() === 'en' ? 'en-GB' : locale());

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = formatting() + JSON.stringify(options);
  let found = cache.get(key);
  if (!found) cache.set(key, (found = new Intl.DateTimeFormat(formatting(), options)));
  return found;
}

/** A wall-clock time as an instant of a zone that has no jumps, so that it can be formatted as it stands. */
export const asUtc = (local: string): Date =>
  new Date(`${local.slice(0, 10)}T${local.slice(11, 16) || '00:00'}:00Z`);

/** `09:30` */
export const time = (local: string): string => local.slice(11, 16);

/** `Thu 26 Nov, 09:30`, with the year when it is not this one. */
export function dateTime(local: string, thisYear = new Date().getFullYear()): string {
  return `${day(local, thisYear)}, ${time(local)}`;
}

/** `Thu 26 Nov` */
export function day(local: string, thisYear = new Date().getFullYear()): string {
  const year = local.startsWith(`${thisYear}-`) ? {} : { year: 'numeric' as const };
  return formatter({ timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', ...year })
    .format(asUtc(local))
    .replace(',', '');
}

/** `Thursday 26 November 2026` */
export const longDay = (local: string): string =>
  formatter({ timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(
    asUtc(local)
  );

/** `23–29 November 2026` */
export const range = (from: string, to: string, month: 'long' | 'short' = 'long'): string =>
  formatter({ timeZone: 'UTC', day: 'numeric', month, year: 'numeric' }).formatRange(asUtc(from), asUtc(to));

/** `Thu`, `26` and the like: one field of a date. */
export const part = (local: string, options: Intl.DateTimeFormatOptions): string =>
  formatter({ timeZone: 'UTC', ...options }).format(asUtc(local));

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The clock of a zone. Making one takes a hundred times as long as reading it. */
function clock(zone: string): Intl.DateTimeFormat {
  let found = clocks.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit'
    });
    clocks.set(zone, found);
  }
  return found;
}

/** An instant on the clock of a zone, as `YYYY-MM-DDTHH:MM`. */
export function localTime(at: string | Date, zone: string): string {
  const parts = clock(zone).formatToParts(typeof at === 'string' ? new Date(at) : at);
  const get = (type: string) => parts.find((p) => p.type === type)?.value ?? '00';
  return `${get('year')}-${get('month')}-${get('day')}T${get('hour')}:${get('minute')}`;
}

/** An instant, written by the clock of a zone: `Thu 26 Nov, 09:30`. */
export const instant = (at: string, zone: string): string => dateTime(localTime(at, zone));

/** The city of a zone: `Berlin` of `Europe/Berlin`. */
export const city = (zone: string): string => zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');

/** The zone of this browser. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const SCALES: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1]
];

/** `2 hours ago`, `in 5 minutes`. */
export function relative(at: string, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const [unit, length] = SCALES.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(formatting(), { numeric: 'auto' }).format(
    Math.round(seconds / length),
    unit
  );
}

export const number = (value: number): string => new Intl.NumberFormat(formatting()).format(value);

/** `1.2 MB` */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return new Intl.NumberFormat(formatting(), {
    style: 'unit',
    unit: units[step],
    unitDisplay: 'short',
    maximumFractionDigits: step > 1 ? 1 : 0
  }).format(value / 1000 ** step);
}

/** `3:07` of milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `Bluesky, Mastodon and Pixelfed` */
export const list = (items: string[]): string =>
  new Intl.ListFormat(formatting(), { style: 'long', type: 'conjunction' }).format(items);

/** `43 %` of a share from 0 to 1; never all of it before it is. */
export const percent = (share: number): string =>
  new Intl.NumberFormat(formatting(), { style: 'percent' }).format(
    share < 1 ? Math.floor(share * 100) / 100 : 1
  );
