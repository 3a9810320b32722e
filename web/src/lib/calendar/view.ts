/** What the address says of the calendar: which view, which day, and what is left out. */
import type { Shown } from '$lib/status';
import { addDays, days, isDay, weekStart } from './days';

export const VIEWS = ['week', 'list'] as const;
export type View = (typeof VIEWS)[number];

/** States as somebody looks for them. */
export const STATUSES = ['scheduled', 'publishing', 'attention', 'published'] as const;
export type Status = (typeof STATUSES)[number];

export interface Filters {
  channel: string[];
  status: Status[];
  label: string[];
}

export interface CalendarView extends Filters {
  view: View;
  /** The day it is about; the stretch is found around it. */
  date: string;
}

/** How many days the list shows at once. */
const LIST_DAYS = 28;

const isOneOf = <T extends string>(all: readonly T[], text: string | null): text is T =>
  all.includes(text as T);

/** Reads an address. What it does not say, or says wrongly, is as `fallback` has it. */
export function read(search: URLSearchParams, fallback: { view: View; date: string }): CalendarView {
  const view = search.get('view');
  const date = search.get('date') ?? '';
  const many = (name: string) => (search.get(name) ?? '').split(',').filter(Boolean);
  return {
    view: isOneOf(VIEWS, view) ? view : fallback.view,
    date: isDay(date) ? date : fallback.date,
    channel: many('channel'),
    status: many('status').filter((text) => isOneOf(STATUSES, text)),
    label: many('label')
  };
}

/** The query of an address. The day of today is left out, so that a kept address stays at today. */
export function query(state: CalendarView, today: string): Record<string, string> {
  const found: Record<string, string> = { view: state.view };
  if (state.date !== today) found.date = state.date;
  for (const name of ['channel', 'status', 'label'] as const) {
    if (state[name].length > 0) found[name] = state[name].join(',');
  }
  return found;
}

/** The days that a view shows. */
export const shownDays = (state: { view: View; date: string }, first: number): string[] =>
  days(weekStart(state.date, first), state.view === 'week' ? 7 : LIST_DAYS);

/** The day of the view before or after. */
export const turned = (state: { view: View; date: string }, step: -1 | 1): string =>
  addDays(state.date, step * (state.view === 'week' ? 7 : LIST_DAYS));

/**
 * The instants to ask the server for. A day of some zone begins up to 14 hours before and ends up to 12
 * hours after that day of UTC; what is too much is left out by its local time.
 */
export const stretch = (shown: string[]): { from: string; until: string } => ({
  from: `${addDays(shown[0] ?? '', -1)}T00:00:00Z`,
  until: `${addDays(shown.at(-1) ?? '', 2)}T00:00:00Z`
});

export const isFiltered = (filters: Filters): boolean =>
  filters.channel.length + filters.status.length + filters.label.length > 0;

/** A list with a value put in, or taken out when it is there. */
export const toggled = <T>(list: T[], value: T): T[] =>
  list.includes(value) ? list.filter((one) => one !== value) : [...list, value];

const KINDS: Record<Shown, Status | undefined> = {
  draft: undefined,
  scheduled: 'scheduled',
  publishing: 'publishing',
  waiting: 'publishing',
  held: 'attention',
  approval: 'attention',
  unconfirmed: 'attention',
  published: 'published',
  incomplete: 'attention',
  failed: 'attention',
  canceled: undefined
};

/** What somebody would look under for a state. */
export const statusOf = (shown: Shown): Status | undefined => KINDS[shown];

/** Whether a delivery passes. Nothing chosen lets everything through. */
export function passes(
  filters: Filters,
  item: { channel: string; shown: Shown; labels: readonly string[] }
): boolean {
  const kind = statusOf(item.shown);
  return (
    (filters.channel.length === 0 || filters.channel.includes(item.channel)) &&
    (filters.status.length === 0 || (kind !== undefined && filters.status.includes(kind))) &&
    (filters.label.length === 0 || filters.label.some((label) => item.labels.includes(label)))
  );
}
