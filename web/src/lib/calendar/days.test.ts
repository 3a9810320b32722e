import { describe, expect, it } from 'vitest';
import {
  addDays,
  addMinutes,
  at,
  days,
  daysBetween,
  firstWeekday,
  isDay,
  isPast,
  minutesOf,
  nextSlot,
  slotOf,
  snap,
  weekStart,
  weekday
} from './days';

describe('days', () => {
  it('tells a day from what only looks like one', () => {
    expect(isDay('2028-02-29')).toBe(true);
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '', 'today', '2026-11-26T09:00']) {
      expect(isDay(text), text).toBe(false);
    }
  });

  it('crosses months, years and leap days', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
    expect(daysBetween('2026-12-30', '2027-01-02')).toBe(3);
    expect(daysBetween('2027-01-02', '2026-12-30')).toBe(-3);
  });

  it('counts the days around a change of the clocks as days', () => {
    // Clocks go forward in Berlin on 29 March 2026 and back on 25 October 2026.
    expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
    expect(days('2026-10-24', 3)).toEqual(['2026-10-24', '2026-10-25', '2026-10-26']);
  });

  it('starts weeks with the day that is asked for', () => {
    expect(weekday('2026-11-29')).toBe(7);
    expect(weekStart('2026-11-26')).toBe('2026-11-23');
    expect(weekStart('2026-11-29')).toBe('2026-11-23');
    expect(weekStart('2026-11-29', 7)).toBe('2026-11-29');
    expect(weekStart('2026-11-26', 6)).toBe('2026-11-21');
  });

  it('knows where weeks begin', () => {
    expect(firstWeekday('en')).toBe(1);
    expect(firstWeekday('de')).toBe(1);
    expect([6, 1]).toContain(firstWeekday('ar-EG'));
  });
});

describe('times', () => {
  it('carries minutes over midnight both ways', () => {
    expect(addMinutes('2026-11-26T23:50', 15)).toBe('2026-11-27T00:05');
    expect(addMinutes('2026-11-26T00:00', -15)).toBe('2026-11-25T23:45');
    expect(at('2026-11-26', 1440)).toBe('2026-11-27T00:00');
    expect(at('2026-11-26', 570)).toBe('2026-11-26T09:30');
  });

  it('moves by the clock alone, also where the clock jumps', () => {
    expect(addMinutes('2026-03-29T01:45', 15)).toBe('2026-03-29T02:00');
  });

  it('snaps to quarter hours within the day', () => {
    expect(minutesOf('2026-11-26T09:37:12')).toBe(577);
    expect(slotOf(577)).toBe(570);
    expect(snap(577)).toBe(570);
    expect(snap(578)).toBe(585);
    expect(snap(-40)).toBe(0);
    expect(snap(1439)).toBe(1425);
    expect(slotOf(1500)).toBe(1425);
  });

  it('finds the next slot, over midnight too', () => {
    expect(nextSlot('2026-11-26T09:30')).toBe('2026-11-26T09:45');
    expect(nextSlot('2026-11-26T09:44')).toBe('2026-11-26T09:45');
    expect(nextSlot('2026-11-26T23:50')).toBe('2026-11-27T00:00');
  });

  it('holds the minute that runs for over', () => {
    expect(isPast('2026-11-26T09:30', '2026-11-26T09:30')).toBe(true);
    expect(isPast('2026-11-26T09:45', '2026-11-26T09:30')).toBe(false);
    expect(isPast('2026-11-26T09:30:59', '2026-11-26T09:30')).toBe(true);
  });
});
