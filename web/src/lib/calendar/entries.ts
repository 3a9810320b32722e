import type { Schemas } from '$lib/api';
import { cards, compare, type Card } from './cards';
import { minute } from './days';
import { passes, type Filters } from './view';
import { shown } from '$lib/status';

export type Calendar = Schemas['Calendar'];
export type Planned = Schemas['PlannedItem'];

/** Something in the calendar: a post, or a time that a series will make one for. */
export type Entry = { key: string; local: string } & (
  { card: Card; planned?: undefined } | { planned: Planned; card?: undefined }
);

const ofCard = (card: Card): Entry => ({ key: card.key, local: card.local, card });
const ofPlanned = (planned: Planned): Entry => ({
  key: `${planned.series}@${planned.occurrence}`,
  local: minute(planned.local),
  planned
});

/** Whether a planned time passes: it has no state but being planned, and the labels it will have are not known here. */
const plannedPasses = (filters: Filters, planned: Planned): boolean =>
  filters.label.length === 0 &&
  (filters.status.length === 0 || filters.status.includes('scheduled')) &&
  (filters.channel.length === 0 || planned.channels.some((channel) => filters.channel.includes(channel)));

/** What is shown of the days from the first to the last, the earliest first. */
export function entries(calendar: Calendar, days: readonly string[], filters: Filters): Entry[] {
  const first = days[0] ?? '';
  const last = days.at(-1) ?? '';
  const within = (local: string) => local.slice(0, 10) >= first && local.slice(0, 10) <= last;
  const items = calendar.items.filter(
    (item) =>
      within(item.local) &&
      passes(filters, { channel: item.channel, shown: shown(item), labels: labels(item) })
  );
  const planned = calendar.planned.filter((one) => within(one.local) && plannedPasses(filters, one));
  return [...cards(items).map(ofCard), ...planned.map(ofPlanned)].sort((a, b) => compare(a.local, b.local));
}

const labels = (item: Calendar['items'][number] & { labels?: string[] }): readonly string[] =>
  item.labels ?? [];
