import { describe, expect, it } from 'vitest';
import type { CalendarItem } from '$lib/api';
import { byDay, cards, fixed, isMovable, opensAt, platforms } from './cards';
import { lanes } from './lanes';

let number = 0;
const item = (more: Partial<CalendarItem>): CalendarItem => ({
  delivery: `d${number++}`,
  post: 'p',
  channel: 'c',
  platform: 'bluesky',
  handle: 'ada',
  state: 'scheduled',
  incomplete: false,
  at: '2026-11-26T09:00:00Z',
  local: '2026-11-26T09:00:00',
  excerpt: 'Rye',
  parts: 1,
  ...more
});

describe('cards', () => {
  it('are one for a post at a time, whatever the networks', () => {
    const found = cards([
      item({ post: 'b', local: '2026-11-26T10:00:00' }),
      item({ post: 'a', platform: 'mastodon' }),
      item({ post: 'a' }),
      item({ post: 'a', platform: 'mastodon', local: '2026-11-27T09:00:00' })
    ]);
    expect(found.map((card) => card.key)).toEqual([
      'a@2026-11-26T09:00',
      'b@2026-11-26T10:00',
      'a@2026-11-27T09:00'
    ]);
    expect(found[0]?.items).toHaveLength(2);
    expect(platforms(found[0]!)).toEqual(['mastodon', 'bluesky']);
  });

  it('show the state that matters most and count what is out', () => {
    const [card] = cards([
      item({ state: 'published' }),
      item({ state: 'published' }),
      item({ state: 'failed' }),
      item({ state: 'scheduled' })
    ]);
    expect(card).toMatchObject({ status: 'failed', published: 2, local: '2026-11-26T09:00' });
  });

  it('take the text that is there', () => {
    expect(cards([item({ excerpt: '' }), item({ excerpt: 'Buns' })])[0]?.excerpt).toBe('Buns');
    expect(cards([item({ excerpt: '' })])[0]?.excerpt).toBe('');
  });

  it('are found by day, and other days are left out', () => {
    const found = byDay(cards([item({}), item({ local: '2026-11-30T09:00' })]), ['2026-11-26', '2026-11-27']);
    expect([...found].map(([day, list]) => [day, list.length])).toEqual([
      ['2026-11-26', 1],
      ['2026-11-27', 0]
    ]);
  });
});

describe('what can be moved', () => {
  const of = (...states: Partial<CalendarItem>[]) => fixed(cards(states.map(item))[0]!);

  it('is what is not out', () => {
    expect(of({ state: 'scheduled' })).toBeUndefined();
    expect(of({ state: 'failed' })).toBeUndefined();
    expect(of({ state: 'held', hold_reason: 'paused' })).toBeUndefined();
    expect(of({ state: 'published' }, { state: 'failed' })).toBeUndefined();
  });

  it('is nothing of a post that is being published, and it is said why', () => {
    expect(of({ state: 'scheduled' }, { state: 'running' })).toBe('publishing');
    expect(of({ state: 'published' })).toBe('published');
    expect(of({ state: 'published' }, { state: 'unconfirmed' })).toBe('unconfirmed');
    expect(of({ state: 'held', hold_reason: 'restored' })).toBe('restored');
    expect(isMovable({ state: 'held', hold_reason: 'restored' })).toBe(false);
  });
});

describe('lanes', () => {
  const day = (...times: string[]) =>
    lanes(
      times.map((time) => ({ local: `2026-11-26T${time}` })),
      54
    ).map(({ start, lane, half, items }) => ({ start, lane, half, count: items.length }));

  it('give a card that is alone the whole column', () => {
    expect(day('09:00', '10:00')).toEqual([
      { start: 540, lane: 0, half: false, count: 1 },
      { start: 600, lane: 0, half: false, count: 1 }
    ]);
  });

  it('put two that overlap side by side', () => {
    expect(day('09:00', '09:30', '12:00')).toEqual([
      { start: 540, lane: 0, half: true, count: 1 },
      { start: 570, lane: 1, half: true, count: 1 },
      { start: 720, lane: 0, half: false, count: 1 }
    ]);
  });

  it('never make a third', () => {
    expect(day('09:00', '09:00', '09:00', '09:15')).toEqual([
      { start: 540, lane: 0, half: true, count: 1 },
      { start: 540, lane: 1, half: true, count: 3 }
    ]);
  });

  it('go back to the first lane when it is free, beside what still lies in the second', () => {
    expect(day('09:00', '09:30', '10:00')).toEqual([
      { start: 540, lane: 0, half: true, count: 1 },
      { start: 570, lane: 1, half: true, count: 1 },
      { start: 600, lane: 0, half: true, count: 1 }
    ]);
  });

  it('keep everything of a crowded day', () => {
    const times = Array.from(
      { length: 90 },
      (_, i) =>
        `${String(8 + Math.floor(i / 10)).padStart(2, '0')}:${(i % 10) * 6 < 10 ? '0' : ''}${(i % 10) * 6}`
    );
    const found = day(...times);
    expect(found.reduce((sum, place) => sum + place.count, 0)).toBe(90);
    for (const lane of [0, 1]) {
      const starts = found.filter((place) => place.lane === lane).map((place) => place.start);
      starts.slice(1).forEach((start, index) => expect(start - starts[index]!).toBeGreaterThanOrEqual(54));
    }
  });
});

describe('where a week opens', () => {
  it('is an hour before the first post or now', () => {
    const posts = [{ local: '2026-11-26T12:30' }, { local: '2026-11-27T09:15' }];
    expect(opensAt(posts, undefined)).toBe(480);
    expect(opensAt(posts, '2026-11-26T07:10')).toBe(360);
    expect(opensAt([], undefined)).toBe(480);
    expect(opensAt([{ local: '2026-11-26T00:30' }], undefined)).toBe(0);
  });
});
