import { describe, expect, it } from 'vitest';
import { search, type Offer } from './found';

const ORDER = ['command', 'channel', 'post'];
const OFFERS: Offer[] = [
  { id: 'new', group: 'command', text: 'New post' },
  { id: 'dark', group: 'command', text: 'Dark theme' },
  { id: 'ada', group: 'channel', text: 'Ada Okonkwo', also: 'ada.bakery.example' },
  { id: 'p1', group: 'post', text: 'Fresh sourdough: new on Monday', long: true },
  { id: 'p2', group: 'post', text: 'Closed next Thursday', long: true }
];
const told = (query: string, recent: string[] = []) =>
  search(OFFERS, query, ORDER, recent).map(({ group, items }) => `${group}: ${items.map(({ id }) => id)}`);

describe('the palette', () => {
  it('offers everything before anything is typed, what was used last first and once', () => {
    expect(told('')).toEqual(['command: new,dark', 'channel: ada', 'post: p1,p2']);
    expect(told('', ['p2', 'gone', 'dark'])).toEqual([
      'recent: p2,dark',
      'command: new',
      'channel: ada',
      'post: p1'
    ]);
  });

  it('puts the kind with the best match first', () => {
    expect(told('new')).toEqual(['command: new', 'post: p1']);
    expect(told('sourdough')).toEqual(['post: p1']);
    expect(told('thursday closed')).toEqual(['post: p2']);
  });

  it('finds by words that are not shown, and marks nothing then', () => {
    const [group] = search(OFFERS, 'bakery', ORDER, []);
    expect(group?.items[0]?.segments).toEqual([{ text: 'Ada Okonkwo', hit: false }]);
  });

  it('prefers what was used last among equals', () => {
    const two: Offer[] = [
      { id: 'a', group: 'command', text: 'Theme A' },
      { id: 'b', group: 'command', text: 'Theme B' }
    ];
    const order = (recent: string[]) => search(two, 'theme', ORDER, recent)[0]?.items.map(({ id }) => id);
    expect(order([])).toEqual(['a', 'b']);
    expect(order(['b'])).toEqual(['b', 'a']);
  });

  it('says nothing where nothing matches', () => {
    expect(told('xyzzy')).toEqual([]);
  });
});
