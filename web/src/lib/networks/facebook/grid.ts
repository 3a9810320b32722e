/** How Facebook lays pictures out. The arrangement is known from use; over there it also follows their ratios. */

/** More are not shown in the post itself: the last one says how many follow. */
export const SHOWN = 5;

/** How many pictures stand in each row. */
export function rows(count: number): number[] {
  if (count <= 2) return count > 0 ? [count] : [];
  if (count <= 4) return count === 3 ? [1, 2] : [2, 2];
  return [2, 3];
}

/** Pictures in their rows, with the place of each. */
export function grid<T>(files: T[]): { file: T; place: number }[][] {
  let from = 0;
  return rows(files.length).map((width) => {
    const row = files.slice(from, from + width).map((file, at) => ({ file, place: from + at }));
    from += width;
    return row;
  });
}

/** How many are not shown. */
export const further = (count: number): number => Math.max(0, count - SHOWN);
