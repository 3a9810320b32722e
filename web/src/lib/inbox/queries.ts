import { queryOptions } from '@tanstack/svelte-query';
import { api, body, type Delivery, type HoldReason, type Schemas } from '$lib/api';
import { all, keys } from '$lib/api/queries';
import { rows, type Row } from './rows';

const DAY_MS = 86_400_000;
/** How far the calendar is read back: the most that it gives at once, less what lies ahead. */
const BACK_DAYS = 60;
const AHEAD_DAYS = 1;

const stopped = (ws: string): Promise<Delivery[]> =>
  all((cursor) =>
    body(
      api.GET('/api/v1/workspaces/{ws}/deliveries', {
        params: { path: { ws }, query: { attention: true, limit: 200, cursor } }
      })
    )
  );

const oneOf = (ws: string, delivery: string): Promise<Delivery> =>
  body(api.GET('/api/v1/workspaces/{ws}/deliveries/{delivery}', { params: { path: { ws, delivery } } }));

const shown = (ws: string, from: Date, until: Date): Promise<Schemas['Calendar']> =>
  body(
    api.GET('/api/v1/workspaces/{ws}/calendar', {
      params: { path: { ws }, query: { from: from.toISOString(), until: until.toISOString() } }
    })
  );

/**
 * Everything that waits for somebody. What is partly out, and whether another channel of the same post
 * already has it, is looked for in the last two months of the calendar.
 */
export const waiting = (ws: string) =>
  queryOptions({
    queryKey: [...keys.deliveries(ws), 'inbox'],
    queryFn: async (): Promise<Row[]> => {
      const now = Date.now();
      const recent = shown(ws, new Date(now - BACK_DAYS * DAY_MS), new Date(now + AHEAD_DAYS * DAY_MS));
      const [calendar, found] = await Promise.all([recent, stopped(ws)]);
      const partly = calendar.items.filter((item) => item.incomplete);
      const incomplete = await Promise.all(partly.map((item) => oneOf(ws, item.delivery)));
      return rows([...found, ...incomplete], calendar.items);
    },
    staleTime: 10_000
  });

/** What goes out next; nothing where nothing is planned within a month. */
export const next = (ws: string) =>
  queryOptions({
    queryKey: [...keys.calendar(ws), 'next'],
    queryFn: async () => {
      const now = new Date();
      const { items } = await shown(ws, now, new Date(now.getTime() + 31 * DAY_MS));
      return items.find((item) => item.state === 'scheduled') ?? null;
    },
    staleTime: 30_000
  });

export type Released = Schemas['DeliveriesReleased'];

/** The most that one request names. */
const AT_ONCE = 500;

const release = (ws: string, which: Schemas['ReleaseDeliveries']): Promise<Released> =>
  body(api.POST('/api/v1/workspaces/{ws}/deliveries/release', { params: { path: { ws } }, body: which }));

/** What cannot go is named anew with each page. */
function add(to: Released, one: Released): void {
  to.released.push(...one.released);
  to.skipped.push(...one.skipped.filter(({ id }) => !to.skipped.some((known) => known.id === id)));
}

/** Lets everything go that is held for a reason, page after page. */
export async function releaseReason(ws: string, hold_reason: HoldReason): Promise<Released> {
  const done: Released = { released: [], skipped: [], more: false };
  let one: Released;
  do {
    one = await release(ws, { hold_reason });
    add(done, one);
    // Where none of a page can go, the next page would be the same one.
  } while (one.more && one.released.length > 0);
  return { ...done, more: one.more };
}

/** Lets these go. */
export async function releaseThese(ws: string, ids: string[]): Promise<Released> {
  const done: Released = { released: [], skipped: [], more: false };
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    add(done, await release(ws, { ids: ids.slice(from, from + AT_ONCE) }));
  }
  return done;
}
