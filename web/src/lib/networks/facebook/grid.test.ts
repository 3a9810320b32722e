import { describe, expect, it } from 'vitest';
import { further, grid, rows, SHOWN } from './grid';

describe('pictures of a post on Facebook', () => {
  it('stand in rows by their number', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 10].map(rows)).toEqual([
      [],
      [1],
      [2],
      [1, 2],
      [2, 2],
      [2, 3],
      [2, 3],
      [2, 3]
    ]);
    for (let count = 0; count <= 10; count += 1) {
      const shown = rows(count).reduce((sum, row) => sum + row, 0);
      expect(shown, `${count} pictures`).toBe(Math.min(count, SHOWN));
    }
  });

  it('keep their order, each in its place', () => {
    const letters = grid([...'abcdef']).map((row) => row.map(({ file, place }) => `${place}${file}`));
    expect(letters).toEqual([
      ['0a', '1b'],
      ['2c', '3d', '4e']
    ]);
  });

  it('beyond the fifth are only counted', () => {
    expect([1, 5, 6, 10].map(further)).toEqual([0, 0, 1, 5]);
  });
});
