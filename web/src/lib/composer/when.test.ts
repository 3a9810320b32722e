import { describe, expect, it } from 'vitest';
import { joinLocal, nextDay, parseLocal, proposals, proposed } from './when';

const at = (text: string) => Date.parse(text);
const locals = (now: string, zone: string) => proposals(at(now), zone).map(({ local }) => local);

describe('proposed times', () => {
  it('are told by the clock of the zone', () => {
    expect(locals('2026-11-25T23:41:10Z', 'Europe/Lisbon')).toEqual([
      '2026-11-26T00:00',
      '2026-11-26T00:41',
      '2026-11-26T09:30'
    ]);
    // 2026-11-26 in Tokyo already.
    expect(locals('2026-11-25T23:41:10Z', 'Asia/Tokyo')[2]).toBe('2026-11-27T09:30');
  });

  it('leave five minutes, and fit zones that are a quarter hour apart from others', () => {
    expect(locals('2026-11-25T10:11:00Z', 'UTC')[0]).toBe('2026-11-25T10:30');
    expect(locals('2026-11-25T10:10:00Z', 'UTC')[0]).toBe('2026-11-25T10:15');
    expect(locals('2026-11-25T10:02:00Z', 'Asia/Kathmandu')[0]).toBe('2026-11-25T16:00');
  });

  it('count hours that pass when the clocks are put forward', () => {
    // At 02:00 the clocks of Berlin go to 03:00.
    expect(locals('2026-03-29T00:30:00Z', 'Europe/Berlin')[1]).toBe('2026-03-29T03:30');
  });

  it('are on a quarter with an hour to think before anybody chose', () => {
    expect(proposed(at('2026-11-25T10:02:00Z'), 'UTC')).toEqual({ local: '2026-11-25T11:15', zone: 'UTC' });
  });
});

it('finds the next day over the ends of months and years', () => {
  expect(nextDay('2026-12-31T10:00')).toBe('2027-01-01');
  expect(nextDay('2028-02-28T10:00')).toBe('2028-02-29');
});

it('takes a time from an address only where it is one', () => {
  expect(parseLocal('2026-11-26T09:30:00')).toBe('2026-11-26T09:30');
  expect(parseLocal('tomorrow')).toBeUndefined();
  expect(parseLocal(null)).toBeUndefined();
  expect(joinLocal('2026-11-26', '')).toBeUndefined();
  expect(joinLocal('2026-11-26', '09:30')).toBe('2026-11-26T09:30');
});
