import { describe, expect, it } from 'vitest';
import { days } from './days';
import { carried, droppedAt, edge, scrollSpeed, stepped, under, type Spot } from './moves';

describe('a lifted card', () => {
  const from = '2026-11-26T23:50';
  it.each([
    ['ArrowUp', false, '2026-11-26T23:35'],
    ['ArrowDown', false, '2026-11-27T00:05'],
    ['ArrowUp', true, '2026-11-26T22:50'],
    ['ArrowDown', true, '2026-11-27T00:50'],
    ['ArrowLeft', false, '2026-11-25T23:50'],
    ['ArrowRight', false, '2026-11-27T23:50'],
    ['ArrowLeft', true, '2026-11-19T23:50'],
    ['ArrowRight', true, '2026-12-03T23:50']
  ])('goes with %s (shift %s) to %s', (key, shift, to) => {
    expect(carried(from, key, shift, false)).toBe(to);
  });

  it('goes the other way where reading does', () => {
    expect(carried(from, 'ArrowLeft', false, true)).toBe('2026-11-27T23:50');
    expect(carried(from, 'ArrowRight', true, true)).toBe('2026-11-19T23:50');
    expect(carried(from, 'ArrowUp', false, true)).toBe('2026-11-26T23:35');
  });

  it('stays with other keys', () => {
    expect(carried(from, 'a', false, false)).toBeUndefined();
  });
});

describe('the focus', () => {
  const things = [
    { local: '2026-11-26T09:00', key: 'a' },
    { local: '2026-11-26T09:05', key: 'b' },
    { local: '2026-11-26T11:00', key: 'c' },
    { local: '2026-11-27T09:10', key: 'd' }
  ];
  const step = (spot: Spot, key: string, rtl = false) => stepped(spot, key, things, rtl);
  const [a, b, c, d] = things as [Spot, Spot, Spot, Spot];

  it('goes slot by slot and meets what is there', () => {
    expect(step({ local: '2026-11-26T08:30' }, 'ArrowDown')).toEqual({ local: '2026-11-26T08:45' });
    expect(step({ local: '2026-11-26T08:45' }, 'ArrowDown')).toEqual(a);
    expect(step(a, 'ArrowDown')).toEqual(b);
    expect(step(b, 'ArrowDown')).toEqual({ local: '2026-11-26T09:15' });
    expect(step({ local: '2026-11-26T09:15' }, 'ArrowUp')).toEqual(b);
    expect(step(b, 'ArrowUp')).toEqual(a);
    expect(step(a, 'ArrowUp')).toEqual({ local: '2026-11-26T08:45' });
  });

  it('stays within the day up and down', () => {
    expect(step({ local: '2026-11-26T23:45' }, 'ArrowDown')).toBeUndefined();
    expect(step({ local: '2026-11-26T00:00' }, 'ArrowUp')).toBeUndefined();
  });

  it('goes to the sides at the same time, out of the week too', () => {
    expect(step(b, 'ArrowRight')).toEqual(d);
    expect(step(d, 'ArrowLeft')).toEqual(a);
    expect(step(d, 'ArrowRight', true)).toEqual(a);
    expect(step(d, 'ArrowRight')).toEqual({ local: '2026-11-28T09:00' });
  });

  it('goes from card to card with the page keys', () => {
    expect(step({ local: '2026-11-26T10:00' }, 'PageDown')).toEqual(c);
    expect(step(c, 'PageDown')).toEqual(d);
    expect(step(d, 'PageDown')).toBeUndefined();
    expect(step({ local: '2026-11-26T10:00' }, 'PageUp')).toEqual(b);
    expect(step(b, 'PageUp')).toEqual(a);
  });
});

describe('a pointer', () => {
  const week = days('2026-11-23', 7);
  const box = { left: 100, top: 50, width: 700, height: 1344 };
  const hour = 56;

  it('is over a day and a minute', () => {
    expect(under({ x: 350, y: 50 + 9.5 * hour }, box, week, false)).toEqual({
      day: '2026-11-25',
      minutes: 570
    });
    expect(under({ x: 350, y: 50 }, box, week, true).day).toBe('2026-11-27');
  });

  it('drops the top of a card at the nearest quarter of an hour', () => {
    const y = 50 + 9.5 * hour + 20 + 5;
    expect(droppedAt({ x: 150, y }, 20, box, week, false)).toBe('2026-11-23T09:30');
    expect(droppedAt({ x: 150, y: y + 4 }, 20, box, week, false)).toBe('2026-11-23T09:45');
  });

  it('never leaves the days that are shown', () => {
    expect(droppedAt({ x: -50, y: -900 }, 0, box, week, false)).toBe('2026-11-23T00:00');
    expect(droppedAt({ x: 5000, y: 5000 }, 0, box, week, false)).toBe('2026-11-29T23:45');
    expect(droppedAt({ x: 5000, y: 5000 }, 0, box, week, true)).toBe('2026-11-23T23:45');
  });

  it('turns the week at the sides', () => {
    expect(edge(99, box, false)).toBe(-1);
    expect(edge(400, box, false)).toBe(0);
    expect(edge(795, box, false)).toBe(1);
    expect(edge(99, box, true)).toBe(1);
    expect(edge(795, box, true)).toBe(-1);
  });

  it('scrolls at the ends, faster the nearer', () => {
    expect(scrollSpeed(300, 100, 700)).toBe(0);
    expect(scrollSpeed(124, 100, 700)).toBe(-8);
    expect(scrollSpeed(60, 100, 700)).toBe(-16);
    expect(scrollSpeed(700, 100, 700)).toBe(16);
  });
});
