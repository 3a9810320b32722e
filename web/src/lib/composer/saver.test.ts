import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, type Post } from '$lib/api';
import { emptyDraft, fromPost, newPart, printed, saved, type Draft } from './model';
import type { Versioned } from './requests';
import { Saver, type Server } from './saver.svelte';

const draft = (text: string): Draft => ({ ...emptyDraft(), parts: [newPart(text)] });

/** A server that keeps one post and refuses an old version. */
class Kept implements Server {
  post: Versioned | undefined;
  made = new Map<string, Versioned>();
  calls: string[] = [];
  /** Happens while the next call is under way. */
  meanwhile: (() => void) | undefined;
  /** What the next calls answer with instead, before or after the work is done. */
  fail: { before?: unknown; after?: unknown }[] = [];

  stored(body: ReturnType<typeof saved>, version: number): Versioned {
    const data = { id: 'post_1', version, status: 'draft', ...body } as unknown as Post;
    return (this.post = { data, etag: `"${version}"` });
  }

  async create(_: string, creating: { key: string; body: ReturnType<typeof saved> }): Promise<Versioned> {
    return this.call(`create ${creating.body.parts[0]?.text}`, () => {
      const known = this.made.get(creating.key);
      if (known && printed(saved(fromPost(known.data))) !== printed(creating.body)) throw problem(422);
      const made = known ?? this.stored(creating.body, 1);
      this.made.set(creating.key, made);
      return made;
    });
  }

  async change(_: string, __: string, etag: string, edit: object): Promise<Versioned> {
    const body = edit as ReturnType<typeof saved>;
    return this.call(`change ${body.parts[0]?.text}`, () => {
      if (etag !== this.post?.etag) throw problem(412);
      return this.stored(body, (this.post?.data.version ?? 0) + 1);
    });
  }

  async load(): Promise<Versioned> {
    return this.call('load', () => this.post as Versioned);
  }

  private call<T>(name: string, work: () => T): T {
    this.calls.push(name);
    this.meanwhile?.();
    this.meanwhile = undefined;
    const { before, after } = this.fail.shift() ?? {};
    if (before) throw before;
    const made = work();
    if (after) throw after;
    return made;
  }
}

const problem = (status: number) => new ApiError(status, undefined);
const offline = problem(0);

let server: Kept;
beforeEach(() => {
  vi.useFakeTimers();
  server = new Kept();
});
afterEach(() => {
  vi.useRealTimers();
});

const writing = (stored?: Versioned) => new Saver({ who: 'user_1', ws: 'ws_1', stored, server });
const pause = (ms = 800) => vi.advanceTimersByTimeAsync(ms);

describe('what is written', () => {
  it('makes a draft after a pause and changes that one from then on', async () => {
    const saver = writing();
    saver.changed(draft('a'));
    await pause(500);
    saver.changed(draft('ab'));
    await pause(500);
    expect(server.calls).toEqual([]);
    await pause();
    saver.changed(draft('abc'));
    await pause();
    expect(server.calls).toEqual(['create ab', 'change abc']);
    expect(saver.state).toBe('saved');
  });

  it('makes no draft of nothing', async () => {
    const saver = writing();
    saver.changed(draft('  '));
    await pause();
    expect(server.calls).toEqual([]);
    expect(saver.state).toBe('untouched');
  });

  it('is not sent again when nothing changed', async () => {
    const saver = writing();
    saver.changed(draft('a'));
    await pause();
    expect(await saver.flush()).toBe(true);
    expect(server.calls).toEqual(['create a']);
  });

  it('that goes on while it is saved is saved next', async () => {
    const saver = writing();
    server.meanwhile = () => saver.changed(draft('ab'));
    saver.changed(draft('a'));
    expect(await saver.flush()).toBe(false);
    await pause();
    expect(server.calls).toEqual(['create a', 'change ab']);
  });
});

it('waits for what is under way before it is thrown away, and sends nothing more', async () => {
  const saver = writing();
  saver.changed(draft('a'));
  void saver.flush();
  saver.changed(draft('ab'));
  await saver.quiet();
  expect(saver.id).toBe('post_1');
  await saver.drop();
  await pause(60_000);
  expect(server.calls).toHaveLength(1);
});

describe('without an answer', () => {
  it('it is tried again, and makes no second draft', async () => {
    server.fail = [{ after: offline }, { before: offline }];
    const saver = writing();
    saver.changed(draft('a'));
    await pause();
    expect(saver.state).toBe('offline');
    saver.changed(draft('ab'));
    await pause();
    expect(saver.state).toBe('offline');
    await pause(5_000);
    await pause();
    // The first text again under its key, then what was written since.
    expect(server.calls).toEqual(['create a', 'create a', 'create a', 'change ab']);
    expect(server.made.size).toBe(1);
    expect(saver.state).toBe('saved');
  });

  it('to a change that was made, there is no conflict', async () => {
    const saver = writing();
    saver.changed(draft('a'));
    await pause();
    server.fail = [{ after: offline }];
    saver.changed(draft('b'));
    await pause();
    await pause(5_000);
    expect(server.calls.slice(1)).toEqual(['change b', 'change b', 'load']);
    expect(saver.state).toBe('saved');
    saver.changed(draft('c'));
    await pause();
    expect(saver.state).toBe('saved');
  });

  it('a refusal is not tried again', async () => {
    server.fail = [{ before: problem(422) }];
    const saver = writing();
    saver.changed(draft('a'));
    await pause();
    expect(saver.state).toBe('refused');
    await pause(60_000);
    expect(server.calls).toHaveLength(1);
  });
});

describe('two who write', () => {
  const disagreeing = async () => {
    const saver = writing();
    saver.changed(draft('a'));
    await pause();
    server.stored(saved(draft('theirs')), 7);
    saver.changed(draft('mine'));
    await pause();
    return saver;
  };

  it('see both versions, and nothing is sent until one is chosen', async () => {
    const saver = await disagreeing();
    expect(saver.state).toBe('conflict');
    expect(saver.theirs?.data.version).toBe(7);
    saver.changed(draft('mine still'));
    await pause(60_000);
    expect(server.post?.data.version).toBe(7);
  });

  it('go on with mine over theirs', async () => {
    const saver = await disagreeing();
    saver.settle(draft('mine'));
    await pause();
    expect(server.calls.at(-1)).toBe('change mine');
    expect(server.post?.data.version).toBe(8);
    expect(saver.state).toBe('saved');
  });

  it('go on with theirs, which needs no saving', async () => {
    const saver = await disagreeing();
    saver.settle(fromPost((saver.theirs as Versioned).data));
    await pause();
    expect(server.calls.at(-1)).toBe('load');
    expect(saver.state).toBe('saved');
  });
});

describe('a post on the schedule', () => {
  it('is sent only when somebody says so', async () => {
    const stored = server.stored(saved(draft('a')), 3);
    const saver = writing({ ...stored, data: { ...stored.data, status: 'scheduled' } });
    saver.changed(draft('b'));
    await pause(60_000);
    expect(server.calls).toEqual([]);
    expect(saver.state).toBe('pending');
    expect(await saver.flush()).toBe(true);
    expect(server.calls).toEqual(['change b']);
  });
});
