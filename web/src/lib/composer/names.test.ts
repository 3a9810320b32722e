import { expect, it } from 'vitest';
import type { Channel } from '$lib/api';
import { nameOf } from './names';

const channel = (name: string, handle: string) => ({ name, handle }) as Channel;

it('calls channels by their names, and those that share one by their handles', () => {
  const ada = channel('Ada', '@ada@one.example');
  const bakery = channel('Bakery', '@bakery@one.example');
  const other = channel('Bakery', '@bakery@two.example');
  const nameless = channel('', 'mei.example');
  const all = [ada, bakery, other, nameless];
  expect(all.map((one) => nameOf(one, all))).toEqual([
    'Ada',
    '@bakery@one.example',
    '@bakery@two.example',
    'mei.example'
  ]);
});
