import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Uploads } from './uploads.svelte';

/** The transport, driven by hand. */
interface Sent {
  options: {
    uploadUrl: string;
    onProgress: (sent: number) => void;
    onSuccess: () => void;
    onError: (error: unknown) => void;
  };
  started: number;
  aborted: number;
}

const { sent } = vi.hoisted(() => ({ sent: [] as Sent[] }));

vi.mock('tus-js-client', () => ({
  Upload: class {
    started = 0;
    aborted = 0;
    constructor(
      _file: File,
      readonly options: Sent['options']
    ) {
      sent.push(this);
    }
    start() {
      this.started += 1;
    }
    async abort() {
      this.aborted += 1;
    }
  }
}));

/** The requests that were made, and how many files the server has heard of. */
const { server } = vi.hoisted(() => ({ server: { asked: [] as string[], made: 0 } }));

vi.mock('$lib/api', async (original) => {
  const ask = (method: string, answer: (media: string) => unknown) => (_: string, how: Asked) => {
    const media = how.params.path.media ?? '';
    server.asked.push(`${method} ${media}`.trim());
    return Promise.resolve(answer(media));
  };
  const location = () => `/api/v1/workspaces/ws_1/uploads/media_${++server.made}`;
  const api = {
    POST: ask('POST', () => ({ response: new Response(null, { headers: { location: location() } }) })),
    GET: ask('GET', (id) => ({ data: { id, state: 'ready', notes: [] } })),
    DELETE: ask('DELETE', () => ({}))
  };
  return { ...(await original<object>()), api };
});

interface Asked {
  params: { path: { media?: string } };
}

const film = (name = 'film.mp4', size = 1_000) =>
  new File([new Uint8Array(size)], name, { type: 'video/mp4', lastModified: 7 });
const answer = (status: number, code: string, detail: string, args = {}) => ({
  originalResponse: { getStatus: () => status, getBody: () => JSON.stringify({ code, detail, args }) }
});

beforeEach(() => {
  sent.length = 0;
  server.asked = [];
  server.made = 0;
  localStorage.clear();
});

const settle = () => vi.waitFor(() => expect(sent.length).toBeGreaterThan(0));

describe('uploads', () => {
  it('name the file before its first byte, and look at it when all has arrived', async () => {
    const uploads = new Uploads('ws_1');
    const [one] = uploads.add([film()]);
    expect(await one?.id).toBe('media_1');
    await settle();
    expect(sent[0]?.options.uploadUrl).toBe('/api/v1/workspaces/ws_1/uploads/media_1');
    sent[0]?.options.onProgress(400);
    expect(one?.item.share).toBe(0.4);
    sent[0]?.options.onSuccess();
    await vi.waitFor(() => expect(one?.item.phase).toBe('ready'));
    expect(server.asked).toEqual(['POST', 'GET media_1']);
  });

  it('send two at once, and the third when there is a place', async () => {
    const uploads = new Uploads('ws_1');
    const all = uploads.add([film('a.mp4'), film('b.mp4'), film('c.mp4')]);
    await Promise.all(all.map(({ id }) => id));
    await vi.waitFor(() => expect(sent.filter((one) => one.started > 0)).toHaveLength(2));
    expect(uploads.items.map((item) => item.phase)).toEqual(['sending', 'sending', 'queued']);
    const first = uploads.items[0];
    if (first) uploads.pause(first);
    await vi.waitFor(() => expect(uploads.items[2]?.phase).toBe('sending'));
    expect(sent.filter((one) => one.aborted > 0)).toHaveLength(1);
  });

  it('go on after a lost connection, and stop at what is refused, with its limit', async () => {
    const uploads = new Uploads('ws_1');
    const [one] = uploads.add([film()]);
    await one?.id;
    await settle();
    sent[0]?.options.onError(new Error('network'));
    expect(one?.item.phase).toBe('waiting');
    window.dispatchEvent(new Event('online'));
    await vi.waitFor(() => expect(sent[0]?.started).toBe(2));
    sent[0]?.options.onError(answer(413, 'upload_too_large', 'raw', { limit: '500' }));
    expect(one?.item.phase).toBe('failed');
    expect(one?.item.problem).toContain('film.mp4');
    expect(one?.item.problem).toContain('500');
    expect(one?.item.again).toBe(false);
  });

  it('may begin again what the server gave up', async () => {
    const uploads = new Uploads('ws_1');
    const [one] = uploads.add([film()]);
    await one?.id;
    await settle();
    sent[0]?.options.onError(answer(410, 'upload_expired', 'Please begin it again.'));
    expect(one?.item).toMatchObject({ phase: 'failed', again: true, problem: 'Please begin it again.' });
    expect(one && (await uploads.retry(one.item))).toBe('media_2');
  });

  it('are found again after a reload, and the same file goes on under its id', async () => {
    const before = new Uploads('ws_1');
    const [one] = before.add([film()]);
    await one?.id;
    await settle();
    sent[0]?.options.onProgress(250);
    window.dispatchEvent(new Event('pagehide'));

    const after = new Uploads('ws_1');
    expect(after.items.map((item) => [item.phase, item.share])).toEqual([['lost', 0.25]]);
    const [other, same] = after.add([film('other.mp4'), film()]);
    expect(await same?.id).toBe('media_1');
    expect(await other?.id).toBe('media_2');
    expect(after.items).toHaveLength(2);
  });

  it('refuse at once what is no picture, without a request', async () => {
    const uploads = new Uploads('ws_1');
    const [one] = uploads.add([new File(['x'], 'a.pdf', { type: 'application/pdf' })]);
    expect(await one?.id).toBeUndefined();
    expect(one?.item.phase).toBe('failed');
    expect(server.asked).toEqual([]);
  });

  it('take away what has arrived when they are stopped', async () => {
    const uploads = new Uploads('ws_1');
    const [one] = uploads.add([film()]);
    await one?.id;
    await settle();
    if (one) await uploads.cancel(one.item);
    expect(uploads.items).toEqual([]);
    expect(server.asked.at(-1)).toBe('DELETE media_1');
    expect(localStorage.getItem('postrider-uploads-ws_1')).toBeNull();
  });
});
