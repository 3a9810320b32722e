import { describe, expect, it } from 'vitest';
import vectors from '../../../../crates/domain/tests/vectors/text-counts.json';
import { fits, measure, tightest } from './counters';
import { runs } from './highlight';

describe('measure', () => {
  it.each([
    ['graphemes', 'Grüße 👩‍🚀🇵🇹', 8],
    ['graphemes', 'e\u0301a\r\nb', 4],
    ['bytes', 'ü👩', 6],
    ['utf16', 'a👩', 3],
    ['code_points', '👩‍🚀', 3]
  ])('counts %s of %j', (unit, text, expected) => {
    expect(measure(text, unit)).toBe(expected);
  });

  // The cases of the server's own test.
  it.each([
    ['', 0],
    ['Grüße 👩\u200d🚀', 7],
    ['https://example.com/a/very/long/path?with=a&query=string', 23],
    ['https://a.io', 23],
    ['see https://a.io and http://b.org/x.', 4 + 23 + 5 + 23 + 1],
    ['example.com', 11],
    ['@bob@other.example hi', 7],
    ['@bob.the-builder@other.example', 16],
    ['@bob@other.example.', 5],
    ['mail ada@example.com', 20],
    ['@@bob@a.example', 5],
    ['@ alone', 7],
    ['https://localhost/x', 19],
    ['https://example.notanending/x', 29],
    ['https://example.comです', 25]
  ])('counts %j as servers of the fediverse do', (text, expected) => {
    expect(measure(text, 'fediverse')).toBe(expected);
  });

  it('does not know what it does not know', () => {
    expect(measure('text', 'furlongs')).toBeUndefined();
  });
});

/** Units that no network which can be connected counts in yet: their figure comes from the server alone. */
const LEFT = ['threads', 'x_weighted'];

describe('the server’s own cases', () => {
  it.each(vectors.filter(({ unit }) => !LEFT.includes(unit)))(
    'agree on $unit of $text',
    ({ text, unit, used }) => {
      expect(measure(text, unit)).toBe(used);
    }
  );

  it('are of no unit that is not known to be left out', () => {
    const unknown = vectors.filter(({ text, unit }) => measure(text, unit) === undefined);
    expect([...new Set(unknown.map(({ unit }) => unit))].sort()).toEqual(LEFT);
  });
});

it('shows the limit that is nearest', () => {
  const limits = [
    { unit: 'graphemes', max: 300 },
    { unit: 'bytes', max: 10 }
  ];
  expect(tightest('äöü', limits)).toEqual({ used: 6, max: 10, unit: 'bytes' });
  expect(tightest('abc', [limits[0]!, { unit: 'furlongs', max: 1 }])).toEqual({
    used: 3,
    max: 300,
    unit: 'graphemes'
  });
  expect(tightest('abc', [])).toBeUndefined();
});

describe('what fits', () => {
  it('ends between characters and holds every limit', () => {
    expect(fits('ab👩‍🚀cd', [{ unit: 'graphemes', max: 3 }])).toBe('ab👩‍🚀'.length);
    expect(
      fits('ab👩‍🚀cd', [
        { unit: 'graphemes', max: 3 },
        { unit: 'bytes', max: 5 }
      ])
    ).toBe(2);
    expect(fits('abc', [{ unit: 'graphemes', max: 3 }])).toBe(3);
    expect(fits('abc', [])).toBe(3);
  });

  it('is drawn apart from what does not', () => {
    const text = 'See https://example.com/a by @ada #bread now';
    const drawn = runs(text, 8);
    expect(drawn.map((run) => run.text).join('')).toBe(text);
    expect(drawn.slice(0, 3)).toEqual([
      { text: 'See ', kind: 'plain', over: false },
      { text: 'http', kind: 'link', over: false },
      { text: 's://example.com/a', kind: 'link', over: true }
    ]);
    expect(drawn.filter(({ kind }) => kind !== 'plain').map((run) => run.text)).toEqual([
      'http',
      's://example.com/a',
      '@ada',
      '#bread'
    ]);
  });
});
