import { expect, it } from 'vitest';
import { windows } from './windows';

it('offers what is set now in its place among the others', () => {
  const values = windows(5_400).map(({ value }) => Number(value));
  expect(values).toContain(5_400);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(windows(3_600).filter(({ value }) => value === '3600')).toHaveLength(1);
});

it('speaks of minutes below an hour, and of hours above', () => {
  const label = (seconds: number) => windows(seconds).find(({ value }) => value === `${seconds}`)?.label;
  expect(label(300)).toBe('5 minutes');
  expect(label(3_600)).toBe('1 hour');
  expect(label(86_400)).toBe('24 hours');
  expect(label(5_400)).toBe('90 minutes');
});
