import { QueryClient } from '@tanstack/svelte-query';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, type CalendarItem, type Schemas } from '$lib/api';
import { keys } from '$lib/api/queries';
import type { Session } from '$lib/shell/session.svelte';
import { toasts } from '$ui/toasts.svelte';
import { Actions } from './actions';
import type { Card } from './cards';

/** What was asked of the server, and for which posts it refuses it. */
const { server } = vi.hoisted(() => ({ server: { asked: [] as string[], refuses: [] as string[] } }));

vi.mock('$lib/api', async (original) => {
  const known = await original<{ ApiError: typeof ApiError }>();
  const POST = async (path: string, { params }: { params: { path: { post: string } } }) => {
    const asked = `${path.split('/').at(-1)} ${params.path.post}`;
    server.asked.push(asked);
    if (server.refuses.includes(asked)) throw new known.ApiError(422, undefined);
    return {};
  };
  return { ...known, api: { POST } };
});

const item = (post: string): CalendarItem =>
  ({
    post,
    delivery: `${post}-d`,
    state: 'scheduled',
    movable: true,
    at: '2031-03-05T08:30:00Z',
    local: '2031-03-05T09:30:00'
  }) as CalendarItem;
const card = (post: string): Card =>
  ({ post, key: post, local: '2031-03-05T09:30', items: [item(post)] }) as unknown as Card;

const key = [...keys.calendar('ws_1'), 'from', 'until'];
let client: QueryClient;
let actions: Actions;
const shown = () =>
  client
    .getQueryData<Schemas['Calendar']>(key)
    ?.items.map(({ post, local }) => `${post} ${local.slice(11, 16)}`);

beforeEach(() => {
  server.asked = [];
  server.refuses = [];
  for (const { id } of toasts.items) toasts.dismiss(id);
  client = new QueryClient();
  client.setQueryData(key, { items: ['a', 'b', 'c'].map(item), truncated: false });
  actions = new Actions(client, { ws: 'ws_1', zone: 'Europe/Berlin' } as Session);
});

describe('a post that is moved', () => {
  it('is seen at its new place, and at the old one when that is refused', async () => {
    await actions.move(card('a'), '2031-03-05T11:00');
    expect(shown()).toEqual(['b 09:30', 'c 09:30', 'a 11:00']);
    server.refuses = ['reschedule b'];
    expect(await actions.tryMove(card('b'), '2031-03-05T12:00')).toBe(false);
    expect(shown()).toEqual(['b 09:30', 'c 09:30', 'a 11:00']);
    expect(toasts.items.at(-1)?.tone).toBe('bad');
  });
});

describe('several posts that are taken off the schedule', () => {
  it('come back one by one: one that cannot stops no other', async () => {
    server.refuses = ['unschedule b', 'schedule a'];
    await actions.withdrawAll(['a', 'b', 'c'].map(card));
    expect(shown()).toEqual(['b 09:30']);
    server.asked = [];
    expect(toasts.undoLast()).toBe(true);
    await vi.waitFor(() => expect(toasts.items.at(-1)?.text).toBe('Back on the schedule.'));
    expect(server.asked).toEqual(['schedule a', 'schedule c']);
  });
});
