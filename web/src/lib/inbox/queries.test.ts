import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Schemas } from '$lib/api';
import { releaseReason, releaseThese } from './queries';

/** What was asked for, and a server with so many held; some of them cannot go. */
const { server } = vi.hoisted(() => ({
  server: { asked: [] as object[], held: [] as string[], stuck: [] as string[] }
}));

const PAGE = 500;

vi.mock('$lib/api', async (original) => {
  const POST = async (_: string, { body }: { body: Schemas['ReleaseDeliveries'] }) => {
    server.asked.push(body);
    const page = (body.ids ?? server.held).slice(0, PAGE);
    const released = page.filter((id) => !server.stuck.includes(id));
    server.held = server.held.filter((id) => !released.includes(id));
    const skipped = page
      .filter((id) => server.stuck.includes(id))
      .map((id) => ({ id, code: 'x', detail: 'No.' }));
    return { data: { released, skipped, more: !body.ids && server.held.length > skipped.length } };
  };
  return { ...(await original<object>()), api: { POST } };
});

const many = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);

beforeEach(() => {
  server.asked = [];
  server.held = [];
  server.stuck = [];
});

describe('held posts', () => {
  it('of a reason all go, page after page, and each that cannot is told once', async () => {
    server.held = many(1_100);
    server.stuck = ['d0', 'd1'];
    const done = await releaseReason('ws_1', 'late');
    expect(server.asked).toEqual(Array(3).fill({ hold_reason: 'late' }));
    expect([done.released.length, done.skipped.map(({ id }) => id), done.more]).toEqual([
      1_098,
      ['d0', 'd1'],
      false
    ]);
  });

  it('are not asked for again and again where none of a page can go', async () => {
    server.held = many(900);
    server.stuck = many(PAGE);
    const done = await releaseReason('ws_1', 'late');
    expect([server.asked.length, done.released.length, done.skipped.length, done.more]).toEqual([
      1,
      0,
      PAGE,
      true
    ]);
  });

  it('that were named go in pieces that one request takes', async () => {
    const done = await releaseThese('ws_1', many(1_001));
    expect(server.asked.map((body) => (body as { ids: string[] }).ids.length)).toEqual([500, 500, 1]);
    expect(done.released).toEqual(many(1_001));
  });
});
