import { describe, expect, it } from 'vitest';
import type { Issue } from '$lib/api';
import { issuesAt, issuesOfAll, keysOf, moved, nearest } from './files';

const issue = (field: string): Issue => ({ code: 'x', field, severity: 'error', args: {}, detail: field });

describe('issues of files', () => {
  const issues = [
    '/parts/0/media/1/alt',
    '/channels/0/parts/2/media/1',
    '/parts/0/media/11',
    '/parts/0/media',
    '/parts/0/text'
  ].map(issue);

  it('are found by how their pointers end', () => {
    expect(issuesAt(issues, 1).map((found) => found.field)).toEqual(['alt', '']);
    expect(issuesAt(issues, 11)).toHaveLength(1);
    expect(issuesAt(issues, 0)).toEqual([]);
    expect(issuesOfAll(issues).map((found) => found.field)).toEqual(['/parts/0/media']);
  });
});

describe('order', () => {
  it('moves one thing', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a'], 3, 0)).toEqual(['a']);
  });

  it('keeps files apart that stand twice', () => {
    expect(keysOf([{ id: 'a' }, { id: 'b' }, { id: 'a' }])).toEqual(['a:0', 'b:0', 'a:1']);
  });

  it('finds the box under a point, else the nearest', () => {
    const boxes = [0, 100, 200].map((left) => ({ left, right: left + 90, top: 0, bottom: 90 }));
    expect(nearest(boxes, 150, 50)).toBe(1);
    expect(nearest(boxes, 999, 400)).toBe(2);
    expect(nearest(boxes, 94, 50)).toBe(0);
    expect(nearest([], 1, 1)).toBeUndefined();
  });
});
