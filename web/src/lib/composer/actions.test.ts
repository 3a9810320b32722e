import { QueryClient } from '@tanstack/svelte-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Post } from '$lib/api';
import { toasts } from '$ui/toasts.svelte';
import { Actions } from './actions.svelte';
import { printed, saved } from './model';
import type { Problem } from './pointers';
import { Composer } from './state.svelte';

/** What the server was asked for, what it has, and what happens while it works on something. */
const { server } = vi.hoisted(() => ({
  server: {
    asked: [] as string[],
    post: {} as Record<string, unknown>,
    during: {} as Record<string, () => void>
  }
}));

/** How long scheduling takes: longer than the pause after which a draft saves itself. */
const { SLOW } = vi.hoisted(() => ({ SLOW: 3_000 }));

const { happens } = vi.hoisted(() => ({
  happens: (name: string) => {
    server.asked.push(name);
    const work = server.during[name];
    delete server.during[name];
    work?.();
  }
}));

vi.mock('./requests', async (original) => {
  const answer = (change: object) => {
    server.post = { ...server.post, ...change, version: Number(server.post.version) + 1 };
    return server.post as unknown as Post;
  };
  const stored = async (name: string, change: object) => {
    happens(name);
    const data = answer(change);
    return { data, etag: `"${data.version}"` };
  };
  const when = { local: '2031-03-05T09:30:00', zone: 'Europe/Berlin', at: '2031-03-05T08:30:00Z' };
  return {
    ...(await original<object>()),
    create: (_: string, { body }: { body: object }) => stored('create', body),
    change: (_: string, __: string, ___: string, body: object) => stored('change', body),
    schedule: async () => {
      happens('schedule');
      await new Promise((resolve) => setTimeout(resolve, SLOW));
      return answer({ status: 'scheduled', when });
    },
    refresh: () => Promise.resolve()
  };
});

vi.mock('$lib/api', async (original) => {
  const POST = async (path: string, { body }: { body: { parts: { text: string }[] } }) => {
    const name = path.split('/').at(-1) ?? '';
    happens(name);
    if (name !== 'fix') {
      return { data: { ok: true, issues: [], counts: [] }, response: new Response() };
    }
    const parts = body.parts.map((part) => ({ ...part, text: part.text.toUpperCase() }));
    return { data: { parts, channels: [] } };
  };
  return { ...(await original<object>()), api: { POST } };
});

let composer: Composer;
let actions: Actions;
let done: ReturnType<typeof vi.fn>;

const text = () => composer.draft.parts[0]?.text;
const write = (words: string) => composer.editPart(composer.draft.parts[0]?.key ?? '', { text: words });

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2031-03-01T12:00:00Z') });
  server.asked = [];
  server.post = { id: 'post_1', version: 0, status: 'draft' };
  server.during = {};
  const wanted = { text: 'Early', channels: [], media: [] };
  composer = new Composer({ who: 'user_1', ws: 'ws_1', zone: 'Europe/Berlin', wanted });
  done = vi.fn();
  actions = new Actions(composer, new QueryClient(), done as () => void);
});
afterEach(() => {
  composer.leave();
  vi.useRealTimers();
});

describe('putting it on the schedule', () => {
  const schedule = async () => {
    const working = actions.schedule();
    await vi.advanceTimersByTimeAsync(SLOW);
    await working;
  };
  const writes = () => server.asked.filter((name) => name !== 'preflight');

  it('saves, schedules and is done', async () => {
    await schedule();
    expect(server.asked).toEqual(['preflight', 'create', 'schedule']);
    expect([done.mock.calls.length, composer.saver.state]).toEqual([1, 'saved']);
  });

  it('loses nothing that is written while it is under way, and sends it across by no other way', async () => {
    server.during.schedule = () => write('Early, and more');
    await schedule();
    expect(toasts.items.at(-1)?.text).toContain('not in it yet');
    await vi.advanceTimersByTimeAsync(10_000);
    expect([writes(), done.mock.calls.length]).toEqual([['create', 'schedule'], 0]);
    expect([text(), composer.saver.state, composer.scheduled]).toEqual(['Early, and more', 'pending', true]);
    expect(composer.when).toEqual({ local: '2031-03-05T09:30', zone: 'Europe/Berlin' });
  });

  it('goes on saving by itself where it was refused', async () => {
    server.during.schedule = () => {
      write('Early, and more');
      throw new Error('refused');
    };
    await actions.schedule();
    expect([done.mock.calls.length, composer.saver.state]).toEqual([0, 'pending']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([writes().at(-1), composer.saver.state]).toEqual(['change', 'saved']);
  });
});

describe('a fix', () => {
  const problem = { issues: [], issue: { detail: 'Too quiet.' } } as unknown as Problem;

  it('is taken over and can be taken back', async () => {
    await actions.fix(problem);
    expect(text()).toBe('EARLY');
    composer.unfix();
    expect(text()).toBe('Early');
  });

  it('is asked for once more when somebody writes on, so that it takes nothing away', async () => {
    server.during.fix = () => write('Early, and more');
    await actions.fix(problem);
    expect(text()).toBe('EARLY, AND MORE');
    expect(server.asked.filter((name) => name === 'fix')).toHaveLength(2);
  });
});

describe('what was left behind', () => {
  it('is gone on with at the time that was pressed in the calendar', () => {
    const draft = { ...composer.draft, when: { local: '2031-03-04T10:00', zone: 'Europe/Berlin' } };
    const copy = { key: 'user_1/ws_1/new/1', ws: 'ws_1', draft, at: Date.now() };
    const begun = (at?: string) =>
      new Composer({
        who: 'user_1',
        ws: 'ws_1',
        zone: 'Europe/Berlin',
        copy,
        wanted: { at, channels: [], media: [] }
      });
    const [pressed, plain] = [begun('2031-03-09T14:45'), begun()];
    expect([pressed.when.local, plain.when.local]).toEqual(['2031-03-09T14:45', '2031-03-04T10:00']);
    expect(printed(saved(pressed.draft))).toBe(printed(saved(draft)));
    for (const one of [pressed, plain]) one.leave();
  });
});
