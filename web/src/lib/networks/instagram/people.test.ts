import { expect, it } from 'vitest';
import { collaborators, tagged } from './people';

it('people are tagged in the file that is named, and in the first where none is', () => {
  const settings = {
    user_tags: [{ name: 'ada.b' }, { name: 'grace_h', file: 2, x: 0.5 }, { name: 'mei', file: 1 }]
  };
  expect(tagged(settings, 0)).toEqual(['ada.b', 'mei']);
  expect(tagged(settings, 1)).toEqual(['grace_h']);
  expect(tagged(settings, 2)).toEqual([]);
});

it('what is half written names nobody', () => {
  for (const user_tags of [undefined, null, 'ada', [null], [{}], [{ name: '' }], [{ name: 7 }], ['ada']])
    expect(tagged({ user_tags }, 0)).toEqual([]);
  expect(collaborators({ collaborators: ['ada', '', 3] })).toEqual(['ada']);
  expect(collaborators({})).toEqual([]);
});
