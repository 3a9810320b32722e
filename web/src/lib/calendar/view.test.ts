import { describe, expect, it } from 'vitest';
import { isFiltered, passes, query, read, shownDays, statusOf, stretch, toggled, turned } from './view';

const fallback = { view: 'list', date: '2026-11-26' } as const;
const parse = (text: string) => read(new URLSearchParams(text), fallback);
const none = { channel: [], status: [], label: [] };

describe('the address', () => {
  it('says everything and is read back', () => {
    const state = parse('view=week&date=2026-12-01&channel=a,b&status=attention&label=l');
    expect(state).toEqual({
      view: 'week',
      date: '2026-12-01',
      channel: ['a', 'b'],
      status: ['attention'],
      label: ['l']
    });
    expect(read(new URLSearchParams(query(state, '2026-11-26')), fallback)).toEqual(state);
  });

  it('falls back where it says nothing or nonsense', () => {
    expect(parse('view=year&date=2026-02-31&status=lost&channel=')).toEqual({ ...fallback, ...none });
  });

  it('leaves out the day of today', () => {
    expect(query(parse(''), '2026-11-26')).toEqual({ view: 'list' });
    expect(query(parse(''), '2026-11-27')).toEqual({ view: 'list', date: '2026-11-26' });
  });
});

describe('the stretch', () => {
  it('is a week from its first day', () => {
    expect(shownDays({ view: 'week', date: '2026-11-26' }, 1)).toHaveLength(7);
    expect(shownDays({ view: 'week', date: '2026-11-26' }, 1)[0]).toBe('2026-11-23');
    expect(shownDays({ view: 'week', date: '2026-11-26' }, 7)[0]).toBe('2026-11-22');
    expect(shownDays({ view: 'list', date: '2026-11-26' }, 1)).toHaveLength(28);
  });

  it('turns by what it shows', () => {
    expect(turned({ view: 'week', date: '2026-12-28' }, 1)).toBe('2027-01-04');
    expect(turned({ view: 'list', date: '2026-11-26' }, -1)).toBe('2026-10-29');
  });

  it('holds the days of every zone and is no longer than the server answers', () => {
    const shown = shownDays({ view: 'list', date: '2026-11-26' }, 1);
    const { from, until } = stretch(shown);
    // The first midnight at +14 and the last at −12.
    expect(Date.parse(from)).toBeLessThanOrEqual(Date.parse('2026-11-23T00:00:00+14:00'));
    expect(Date.parse(until)).toBeGreaterThanOrEqual(Date.parse('2026-12-21T00:00:00-12:00'));
    expect((Date.parse(until) - Date.parse(from)) / 86_400_000).toBeLessThanOrEqual(62);
  });
});

describe('filters', () => {
  const item = { channel: 'a', shown: 'failed', labels: ['x', 'y'] } as const;

  it('let everything through when nothing is chosen', () => {
    expect(passes(none, item)).toBe(true);
    expect(isFiltered(none)).toBe(false);
  });

  it('narrow by each kind, and by all together', () => {
    expect(passes({ ...none, channel: ['b'] }, item)).toBe(false);
    expect(passes({ ...none, channel: ['b', 'a'] }, item)).toBe(true);
    expect(passes({ ...none, status: ['published'] }, item)).toBe(false);
    expect(passes({ ...none, status: ['attention'], label: ['y'] }, item)).toBe(true);
    expect(passes({ ...none, status: ['attention'], label: ['z'] }, item)).toBe(false);
    expect(isFiltered({ ...none, label: ['z'] })).toBe(true);
  });

  it('find what waits for somebody in one place', () => {
    expect(
      ['failed', 'unconfirmed', 'held', 'approval', 'incomplete'].map((s) => statusOf(s as 'held'))
    ).toEqual(Array(5).fill('attention'));
    expect(statusOf('waiting')).toBe('publishing');
  });

  it('toggle', () => {
    expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
    expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  });
});
