import { describe, expect, it } from 'vitest';
import type { Media } from '$lib/api';
import { columnsFor, lacksAlt, rows, shownOf, typeName } from './library';

const file = (over: Partial<Media>): Media => ({
  id: 'med_1',
  name: 'a.jpg',
  state: 'ready',
  kind: 'image',
  mime: 'image/jpeg',
  bytes: 1,
  received: 1,
  alt: '',
  thumbnail: true,
  notes: [],
  created_at: '2026-11-26T09:00:00Z',
  ...over
});

describe('search', () => {
  const files = [
    file({ id: '1', name: 'Café am Morgen.jpg' }),
    file({ id: '2', name: 'b.mp4', kind: 'video', alt: 'A boat in the harbour' }),
    file({ id: '3', name: 'c.png', state: 'uploading', kind: null })
  ];
  const ids = (query: string, kind = 'all') => shownOf(files, query, kind as 'all').map((found) => found.id);

  it('looks at names and alternative texts, all words, without accents', () => {
    expect(ids('cafe MORGEN')).toEqual(['1']);
    expect(ids('harbour boat')).toEqual(['2']);
    expect(ids('harbour café')).toEqual([]);
    expect(ids('  ')).toEqual(['1', '2', '3']);
  });

  it('filters by kind', () => {
    expect(ids('', 'video')).toEqual(['2']);
    expect(ids('', 'unfinished')).toEqual(['3']);
    expect(ids('boat', 'image')).toEqual([]);
  });
});

describe('what is said', () => {
  it('asks for alternative text only of pictures that are there', () => {
    expect(lacksAlt(file({}))).toBe(true);
    expect(lacksAlt(file({ alt: ' ' }))).toBe(true);
    expect(lacksAlt(file({ kind: 'video' }))).toBe(false);
    expect(lacksAlt(file({ state: 'processing' }))).toBe(false);
  });

  it('names types as people do', () => {
    expect(['image/jpeg', 'image/png', 'video/quicktime'].map(typeName)).toEqual([
      'JPEG',
      'PNG',
      'QuickTime'
    ]);
  });
});

describe('the grid', () => {
  it('has as many columns as fit', () => {
    expect(columnsFor(1000, 160, 12)).toBe(5);
    expect(columnsFor(332, 160, 12)).toBe(2);
    expect(columnsFor(100, 160, 12)).toBe(1);
    expect(rows([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(rows([1], 0)).toEqual([[1]]);
  });
});
