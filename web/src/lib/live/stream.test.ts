import { QueryClient } from '@tanstack/svelte-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keys } from '$lib/api/queries';
import { Live } from './stream.svelte';

/** A stream of the server's, of which the test says what happens to it. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 0;
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;

  constructor(readonly url: string) {
    super();
    Source.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  breaks(state: 0 | 2): void {
    this.readyState = state;
    this.onerror?.();
  }

  says(kind: string, ids: object): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify({ ids }) }));
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

/** Tabs of one browser, without the wait between them. */
class Channel {
  static all = new Set<Channel>();
  onmessage: ((event: { data: unknown }) => void) | undefined;

  constructor(readonly name: string) {
    Channel.all.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of Channel.all)
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
  }

  close(): void {
    Channel.all.delete(this);
  }
}

/** One lock at a time for each name; who waits comes next. */
class Locks {
  #line = new Map<string, Promise<unknown>>();

  request(name: string, { signal }: { signal: AbortSignal }, held: () => Promise<void>): Promise<void> {
    const before = this.#line.get(name) ?? Promise.resolve();
    const mine = before.then(() => (signal.aborted ? undefined : held()));
    this.#line.set(name, mine);
    return mine as Promise<void>;
  }
}

const tabs: Live[] = [];

/** A tab with one answer in its cache, and how often everything of it was made stale. */
function tab() {
  const client = new QueryClient();
  const asked = vi.spyOn(client, 'invalidateQueries');
  const live = new Live('ws_1', client);
  tabs.push(live);
  const resets = () => asked.mock.calls.filter(([filters]) => filters === undefined).length;
  const stale = () => asked.mock.calls.flatMap(([filters]) => (filters?.queryKey ? [filters.queryKey] : []));
  return { live, resets, stale };
}

const turn = () => vi.advanceTimersByTimeAsync(0);
const last = () => Source.all.at(-1) as Source;

beforeEach(() => {
  vi.useFakeTimers();
  Source.all = [];
  Channel.all.clear();
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('BroadcastChannel', Channel);
  vi.stubGlobal('navigator', { locks: new Locks() });
});
afterEach(() => {
  for (const live of tabs.splice(0)) live.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('changes of a workspace', () => {
  it('are heard by one tab, which tells the others', async () => {
    const [first, second] = [tab(), tab()];
    await turn();
    expect(Source.all).toHaveLength(1);
    last().open();
    last().says('label.changed', {});
    await vi.advanceTimersByTimeAsync(200);
    for (const one of [first, second]) expect(one.stale()).toEqual([keys.labels('ws_1')]);
  });

  it('that happened before a stream began are looked for, in every tab', async () => {
    const [first, second] = [tab(), tab()];
    await turn();
    last().open();
    expect([first.resets(), second.resets()]).toEqual([1, 1]);
    // The tab that listened closes: until the next one listens nobody hears anything.
    first.live.close();
    await turn();
    expect(Source.all).toHaveLength(2);
    last().open();
    expect(second.resets()).toBe(2);
  });

  it('are not looked for again when a stream comes back, which goes on where it broke off', async () => {
    const one = tab();
    await turn();
    last().open();
    last().breaks(0);
    expect(one.live.connected).toBe(false);
    last().open();
    expect([one.live.connected, one.resets(), Source.all.length]).toEqual([true, 1, 1]);
  });

  it('stop in every tab when the stream breaks', async () => {
    const [first, second] = [tab(), tab()];
    await turn();
    last().open();
    last().breaks(0);
    expect([first.live.connected, second.live.connected]).toEqual([false, false]);
    last().open();
    expect([first.live.connected, second.live.connected]).toEqual([true, true]);
  });

  it('are asked for again after a refusal, which costs no more than one look at the session', async () => {
    const one = tab();
    await turn();
    last().open();
    // As when a session ends: the stream does, and the browser that comes back is refused.
    last().breaks(0);
    last().breaks(2);
    await vi.advanceTimersByTimeAsync(5_000);
    last().breaks(2);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([Source.all.length, one.resets(), one.stale()]).toEqual([3, 1, [keys.me]]);
    last().open();
    expect([one.live.connected, one.resets()]).toEqual([true, 2]);
  });
});
