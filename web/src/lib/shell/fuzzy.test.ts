import { describe, expect, it } from 'vitest';
import { around, match, segments } from './fuzzy';

const marked = (query: string, text: string, loose = true): string | undefined => {
  const found = match(query, text, loose);
  return (
    found &&
    segments(text, found.ranges)
      .map((one) => (one.hit ? `[${one.text}]` : one.text))
      .join('')
  );
};

describe('matching', () => {
  it('marks words as they stand, in any order', () => {
    expect(marked('post', 'New post')).toBe('New [post]');
    expect(marked('post new', 'New post')).toBe('[New] [post]');
    expect(marked('news', 'New post')).toBeUndefined();
  });

  it('takes no notice of case and marks, and marks the letters as they are written', () => {
    expect(marked('tomas', 'Tomás Ferreira')).toBe('[Tomás] Ferreira');
    expect(marked('مخبز', 'مرحبا بكم في المخبز')).toBe('مرحبا بكم في ال[مخبز]');
    expect(marked('🥖', 'Bread 🥖 here')).toBe('Bread [🥖] here');
  });

  it('takes initials of short names, and never in long texts', () => {
    expect(marked('np', 'New post')).toBe('[N]ew [p]ost');
    expect(marked('gocal', 'Go to the calendar')).toBe('[Go] to the [cal]endar');
    expect(marked('np', 'Now you know the way to the port', false)).toBeUndefined();
    expect(marked('ea', 'New post, dark sea')).toBe('New post, dark s[ea]');
  });

  it('puts the beginning of a word first, then its middle, then initials; the shorter before the longer', () => {
    const score = (query: string, text: string) => match(query, text)?.score ?? -1;
    expect(score('cal', 'Calendar')).toBeGreaterThan(score('cal', 'Local'));
    expect(score('np', 'snp')).toBeGreaterThan(score('np', 'New post'));
    expect(score('media', 'Media')).toBeGreaterThan(score('media', 'Media of the month'));
  });

  it('matches everything before anything is typed', () => {
    expect(match(' ', 'Anything')).toMatchObject({ ranges: [] });
  });
});

describe('the part of a long text that is shown', () => {
  const text = `${'word '.repeat(40)}sourdough ${'word '.repeat(40)}`;

  it('is around what matches, and says where it was cut', () => {
    const found = match('sourdough', text, false);
    const pieces = around(text, found?.ranges ?? [], 60);
    expect(pieces.find((piece) => piece.hit)?.text).toBe('sourdough');
    expect([pieces[0]?.text, pieces.at(-1)?.text]).toEqual(['…', '…']);
    expect(pieces.map((piece) => piece.text).join('').length).toBeLessThanOrEqual(62);
  });

  it('is the beginning where that matches, on one line', () => {
    expect(around('Two\nlines', [[0, 3]])).toEqual([
      { text: 'Two', hit: true },
      { text: ' lines', hit: false }
    ]);
  });
});
