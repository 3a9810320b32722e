import { describe, expect, it } from 'vitest';
import type { CalendarItem, Delivery } from '$lib/api';
import { filtered, groupOf, reasons, rows } from './rows';

const delivery = (id: string, more: Partial<Delivery> = {}): Delivery => ({
  id,
  post: `post-${id}`,
  channel: { id: 'a', platform: 'p', handle: 'ada', name: 'Ada' },
  occurrence: '',
  state: 'failed',
  scheduled_at: '2026-11-26T09:00:00Z',
  local: '2026-11-26T09:00',
  due_at: '2026-11-26T09:00:00Z',
  failures: 1,
  rescues: 0,
  stop_requested: false,
  incomplete: false,
  parts: [],
  actions: ['retry', 'reschedule', 'cancel'],
  live_actions: [],
  created_at: '',
  updated_at: '',
  ...more
});

const item = (id: string, more: Partial<CalendarItem> = {}) =>
  ({ delivery: id, post: `post-${id}`, state: 'failed', excerpt: `Text of ${id}`, ...more }) as CalendarItem;

describe('what waits for somebody', () => {
  it('stands by what is to be done, the most recent first', () => {
    const found = rows(
      [
        delivery('old', { scheduled_at: '2026-11-20T09:00:00Z' }),
        delivery('late', { state: 'held', hold_reason: 'late' }),
        delivery('new'),
        delivery('unsure', { state: 'unconfirmed' }),
        delivery('thread', { state: 'published', incomplete: true }),
        delivery('fine', { state: 'published' })
      ],
      []
    );
    expect(found.map((row) => row.delivery.id)).toEqual(['unsure', 'new', 'old', 'thread', 'late']);
  });

  it('has its own words, else those of the calendar', () => {
    const own = delivery('a', { excerpt: 'Its own', thumbnail: 'med_1' });
    const found = rows([own, delivery('b'), delivery('c')], [item('a'), item('b', { thumbnail: 'med_2' })]);
    expect(found.map(({ excerpt, thumbnail }) => [excerpt, thumbnail])).toEqual([
      ['Its own', 'med_1'],
      ['Text of b', 'med_2'],
      ['', undefined]
    ]);
  });

  it('is not edited where the same post is out on another channel', () => {
    const alone = rows([delivery('a')], [item('a')]);
    const beside = rows([delivery('a')], [item('a'), item('b', { post: 'post-a', state: 'published' })]);
    const later = rows([delivery('a')], [item('a'), item('b', { post: 'post-a', state: 'scheduled' })]);
    expect([alone, beside, later].map((found) => found[0]?.editable)).toEqual([true, false, true]);
  });

  it('is filtered by the address, where anything unknown shows all', () => {
    const all = rows(
      [
        delivery('a'),
        delivery('b', { state: 'held', hold_reason: 'paused' }),
        delivery('c', { channel: { id: 'x', platform: 'p', handle: 'x', name: 'X' } })
      ],
      []
    );
    const ids = (kind: string | null, channel: string | null) =>
      filtered(all, kind, channel).map((row) => row.delivery.id);
    expect(ids('held', null)).toEqual(['b']);
    expect(ids('failed', 'x')).toEqual(['c']);
    expect(ids('nonsense', null)).toHaveLength(3);
  });

  it('leaves out what nobody has to look at', () => {
    expect(groupOf({ state: 'published', incomplete: false })).toBeUndefined();
    expect(groupOf({ state: 'waiting', incomplete: false })).toBeUndefined();
    expect(groupOf({ state: 'held', hold_reason: 'operator', incomplete: false })).toBe('operator');
  });
});

describe('what was not let go', () => {
  it('is told once for each reason', () => {
    expect(reasons([{ detail: 'A' }, { detail: 'B' }, { detail: 'A' }])).toEqual([
      { why: 'A', count: 2 },
      { why: 'B', count: 1 }
    ]);
  });
});
