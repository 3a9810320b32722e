import { describe, expect, it } from 'vitest';
import type { Issue } from '$lib/api';
import { emptyDraft, newPart, type Draft } from './model';
import { ofSettings, ofThisPart, problems, spotted, target } from './pointers';

const draft: Draft = {
  ...emptyDraft(),
  variants: [
    { channel: 'chan_a', settings: {} },
    { channel: 'chan_b', settings: {}, parts: [newPart('own')] }
  ]
};

const issue = (field: string, more: Partial<Issue> = {}): Issue => ({
  code: 'text_empty',
  field,
  severity: 'error',
  args: {},
  detail: `about ${field}`,
  ...more
});

describe('what a network refused leads', () => {
  it.each([
    ['', { kind: 'text', tab: 'chan_a', part: 0 }],
    ['/text', { kind: 'text', tab: 'chan_a', part: 0 }],
    ['/media/2', { kind: 'media', tab: 'chan_a', part: 0, item: 2, alt: false }],
    ['/media/0/alt', { kind: 'media', tab: 'chan_a', part: 0, item: 0, alt: true }],
    ['/parts/1/text', { kind: 'text', tab: 'chan_a', part: 1 }],
    ['/settings/poll/options', { kind: 'setting', channel: 'chan_a', path: '/poll/options' }]
  ])('%s to its field in the tab of the channel', (field, expected) => {
    expect(spotted({ channel: 'chan_a', field }, draft)).toEqual(expected);
  });

  it('nowhere once the channel is taken off', () => {
    expect(spotted({ channel: 'chan_z', field: '/text' }, draft)).toBeUndefined();
  });

  it('to what all have where there are no tabs', () => {
    const alone = { ...draft, variants: draft.variants.slice(0, 1) };
    expect(spotted({ channel: 'chan_a', field: '/text' }, alone)).toMatchObject({ tab: 'all' });
    const own = { ...draft, variants: draft.variants.slice(1) };
    expect(spotted({ channel: 'chan_b', field: '/text' }, own)).toMatchObject({ tab: 'chan_b' });
  });
});

describe('a pointer leads', () => {
  it.each([
    ['/parts/2/text', { kind: 'text', tab: 'all', part: 2 }],
    ['/parts', { kind: 'text', tab: 'all', part: 0 }],
    ['/parts/1', { kind: 'text', tab: 'all', part: 1 }],
    ['/parts/1/delay_s', { kind: 'delay', tab: 'all', part: 1 }],
    ['/parts/0/media', { kind: 'media', tab: 'all', part: 0, alt: false }],
    ['/parts/0/media/3/alt', { kind: 'media', tab: 'all', part: 0, item: 3, alt: true }],
    ['/channels/1/parts/0/media/2', { kind: 'media', tab: 'chan_b', part: 0, item: 2, alt: false }],
    ['/channels/1/parts/0/text', { kind: 'text', tab: 'chan_b', part: 0 }],
    ['/channels/0/settings/poll/options/1', { kind: 'setting', channel: 'chan_a', path: '/poll/options/1' }],
    ['/channels/0/channel', { kind: 'channel', channel: 'chan_a' }],
    ['/channels/7/channel', { kind: 'channels' }],
    ['/channels', { kind: 'channels' }],
    ['/labels/0', { kind: 'labels' }],
    ['/when/local', { kind: 'when' }],
    ['', { kind: 'post' }]
  ])('%s to its field', (pointer, expected) => {
    expect(target(pointer, draft)).toEqual(expected);
  });
});

describe('the issues of a part', () => {
  const found = [
    issue('/parts/0/text', { channel: 'chan_a' }),
    issue('/parts/1/text', { channel: 'chan_a' }),
    issue('/channels/1/parts/0/media/0/alt', { channel: 'chan_b' })
  ];
  const fields = (tab: string, part: number) => ofThisPart(found, draft, tab, part).map(({ field }) => field);

  it('are those of the parts that the tab shows', () => {
    expect(fields('all', 0)).toEqual(['/text']);
    expect(fields('chan_a', 1)).toEqual(['/text']);
    expect(fields('chan_b', 0)).toEqual(['/media/0/alt']);
    expect(fields('all', 10)).toEqual([]);
  });

  it('are not those of another channel that shares them', () => {
    const other = [issue('/parts/0/text', { channel: 'chan_c' })];
    expect(ofThisPart(other, draft, 'chan_a', 0)).toEqual([]);
    expect(ofThisPart(other, draft, 'all', 0)).toHaveLength(1);
  });
});

it('says of a part what two channels agree on only once', () => {
  const both = ['chan_a', 'chan_c'].map((channel) => issue('/parts/0/text', { channel }));
  expect(ofThisPart(both, draft, 'all', 0)).toHaveLength(1);
});

it('finds the issues of a channel’s settings with their paths', () => {
  const found = [
    issue('/channels/1/settings/langs/0'),
    issue('/channels/0/settings'),
    issue('/channels/1/channel')
  ];
  expect(ofSettings(found, draft, 'chan_b')).toEqual([
    { path: '/langs/0', detail: 'about /channels/1/settings/langs/0' }
  ]);
  expect(ofSettings(found, draft, 'chan_a')).toEqual([{ path: '', detail: 'about /channels/0/settings' }]);
  expect(ofSettings(found, draft, 'chan_x')).toEqual([]);
});

it('lists errors first and each sentence once, for all the channels that it concerns', () => {
  const found = problems([
    issue('/parts/0', { severity: 'warning', detail: 'w' }),
    issue('/parts/0/text', { channel: 'chan_a', detail: 'long' }),
    issue('/parts/0/text', { channel: 'chan_b', detail: 'long' }),
    issue('/parts/1/text', { channel: 'chan_b', detail: 'long' })
  ]);
  expect(found.map(({ issue: { detail, field } }) => [detail, field])).toEqual([
    ['long', '/parts/0/text'],
    ['long', '/parts/1/text'],
    ['w', '/parts/0']
  ]);
  expect(found[0]?.channels).toEqual(['chan_a', 'chan_b']);
  expect(found[0]?.issues).toHaveLength(2);
});
