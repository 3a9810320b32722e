import { describe, expect, it } from 'vitest';
import type { CalendarItem, Schemas } from '$lib/api';
import { movableOf, moved, without } from './cache';

const item = (delivery: string, more: Partial<CalendarItem> = {}): CalendarItem => ({
  delivery,
  post: 'p',
  channel: 'c',
  platform: 'bluesky',
  handle: 'ada',
  state: 'scheduled',
  incomplete: false,
  at: '2026-11-26T09:00:00Z',
  local: '2026-11-26T09:00:00',
  excerpt: '',
  parts: 1,
  ...more
});
const calendar = (...items: CalendarItem[]): Schemas['Calendar'] => ({
  zone: 'Europe/Lisbon',
  items,
  planned: [],
  truncated: false
});

describe('a move', () => {
  const out = item('out', { state: 'published' });
  const held = item('held', { state: 'held', hold_reason: 'late' });
  const other = item('other', { post: 'q', local: '2026-11-27T09:00:00' });
  const before = calendar(out, held, other);

  it('takes what is not out, puts it in order, and leaves the rest and the stretch it came from', () => {
    const after = moved(before, movableOf(before.items, 'p'), '2026-11-28T10:15');
    expect(after.items.map((one) => [one.delivery, one.local])).toEqual([
      ['out', '2026-11-26T09:00:00'],
      ['other', '2026-11-27T09:00:00'],
      ['held', '2026-11-28T10:15:00']
    ]);
    expect(after.items[2]).toMatchObject({ state: 'scheduled', hold_reason: undefined });
    expect(before.items.map((one) => one.local)).toEqual([out, held, other].map((one) => one.local));
  });

  it('comes into a stretch that did not hold it', () => {
    const next = moved(calendar(), movableOf(before.items, 'p'), '2026-12-01T10:15');
    expect(next.items.map((one) => one.delivery)).toEqual(['held']);
  });

  it('puts down once what is in two stretches', () => {
    expect(moved(before, [held, { ...held }], '2026-11-28T10:15').items).toHaveLength(3);
  });

  it('is taken back by moving to where it was', () => {
    const there = moved(before, movableOf(before.items, 'p'), '2026-11-28T10:15');
    const back = moved(there, movableOf(there.items, 'p'), '2026-11-26T09:00');
    expect(back.items.find((one) => one.delivery === 'held')?.local).toBe('2026-11-26T09:00:00');
  });
});

it('a post that is taken off the schedule is gone from it', () => {
  expect(
    without(calendar(item('a'), item('b', { post: 'q' })), 'p').items.map((one) => one.delivery)
  ).toEqual(['b']);
});
