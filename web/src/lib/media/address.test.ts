import { expect, it } from 'vitest';
import { searchOf, viewOf } from './address';

it('keeps a view in the address and leaves out what is usual', () => {
  const view = { query: 'boat & sea', kind: 'video' as const, file: 'med_1' };
  expect(viewOf(new URLSearchParams(searchOf(view)))).toEqual(view);
  expect(searchOf({ query: '', kind: 'all' })).toBe('?');
});

it('passes over kinds that there are not', () => {
  expect(viewOf(new URLSearchParams('kind=sound&file=')).kind).toBe('all');
  expect(viewOf(new URLSearchParams('file=')).file).toBeUndefined();
});
