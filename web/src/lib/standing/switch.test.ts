import { QueryClient } from '@tanstack/svelte-query';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api';
import { keys } from '$lib/api/queries';
import type { Session } from '$lib/shell/session.svelte';
import { toasts } from '$ui/toasts.svelte';
import { PublishingSwitch } from './switch.svelte';

const { server } = vi.hoisted(() => ({ server: { asked: [] as string[], refuses: false } }));

vi.mock('$lib/api', async (original) => {
  const known = await original<{ ApiError: typeof ApiError }>();
  const POST = async (path: string) => {
    server.asked.push(path.split('/').at(-1) ?? '');
    if (server.refuses) throw new known.ApiError(403, undefined);
    return {};
  };
  return { ...known, api: { POST } };
});

const client = new QueryClient();
const asked = vi.spyOn(client, 'invalidateQueries');
const publishing = new PublishingSwitch({ ws: 'ws_1' } as Session, client);

beforeEach(() => {
  server.asked = [];
  server.refuses = false;
  asked.mockClear();
  for (const { id } of toasts.items) toasts.dismiss(id);
});

describe('the switch of publishing', () => {
  it('pauses, and Undo resumes', async () => {
    expect(await publishing.pause()).toBe(true);
    expect(toasts.undoLast()).toBe(true);
    await vi.waitFor(() => expect(server.asked).toEqual(['pause', 'resume']));
    await vi.waitFor(() =>
      expect(toasts.items.at(-1)?.text).toBe('Publishing goes on. What is late by now asks you in the inbox.')
    );
  });

  it('looks up again whether it publishes, and what is held by it', async () => {
    await publishing.resume();
    const stale = asked.mock.calls.map(([filters]) => filters?.queryKey);
    for (const key of [keys.me, keys.status('ws_1'), keys.deliveries('ws_1')])
      expect(stale).toContainEqual(key);
  });

  it('says why it stays as it is', async () => {
    server.refuses = true;
    expect(await publishing.pause()).toBe(false);
    expect([toasts.items.at(-1)?.tone, publishing.busy, asked.mock.calls.length]).toEqual(['bad', false, 0]);
  });
});
