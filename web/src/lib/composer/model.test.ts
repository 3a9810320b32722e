import { describe, expect, it } from 'vitest';
import {
  content,
  editable,
  emptyDraft,
  endsWithTwoEmptyLines,
  fromPost,
  isEmpty,
  join,
  move,
  newPart,
  printed,
  same,
  shownParts,
  split,
  unfork,
  withParts,
  type Draft
} from './model';

const texts = (parts: { text: string }[]) => parts.map(({ text }) => text);

const draft = (): Draft => ({
  ...emptyDraft(),
  parts: [newPart('one'), newPart('two', [{ id: 'file_1' }], 60)],
  variants: [
    { channel: 'chan_a', settings: {} },
    { channel: 'chan_b', settings: { visibility: 'unlisted' } }
  ]
});

describe('splitting and joining', () => {
  it('splits at the caret and keeps no space at the seam', () => {
    const parts = [newPart('Hello  \n\n world', [{ id: 'file_1' }], 5), newPart('last')];
    const now = split(parts, 0, 7);
    expect(texts(now)).toEqual(['Hello', 'world', 'last']);
    expect(now[0]?.key).toBe(parts[0]?.key);
    expect(now.map(({ media }) => media.length)).toEqual([1, 0, 0]);
    expect(new Set(now.map(({ key }) => key)).size).toBe(3);
  });

  it('joins to the part before, with its files, and says where the caret belongs', () => {
    const parts = [newPart('one', [{ id: 'a' }]), newPart('two', [{ id: 'b' }])];
    const joined = join(parts, 1);
    expect(texts(joined.parts)).toEqual(['one\ntwo']);
    expect(joined.parts[0]?.media.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(joined.caret).toBe(4);
    expect(join([newPart(''), newPart('two')], 1).parts[0]?.text).toBe('two');
    expect(join(parts, 0).parts).toBe(parts);
  });

  it('moves by one place and not beyond the ends', () => {
    const parts = ['a', 'b', 'c'].map((text) => newPart(text));
    expect(texts(move(parts, 1, -1))).toEqual(['b', 'a', 'c']);
    expect(texts(move(parts, 1, 1))).toEqual(['a', 'c', 'b']);
    expect(move(parts, 0, -1)).toBe(parts);
    expect(move(parts, 2, 1)).toBe(parts);
  });

  it('begins the next part after two empty lines, but not in an empty text', () => {
    expect(endsWithTwoEmptyLines('text\n\n\n')).toBe(true);
    expect(endsWithTwoEmptyLines('text\n\n')).toBe(false);
    expect(endsWithTwoEmptyLines('\n\n\n')).toBe(false);
  });
});

describe('a channel with its own text', () => {
  it('is made by writing in its tab and leaves the others as they are', () => {
    const before = draft();
    const after = withParts(before, 'chan_b', (parts) =>
      parts.map((part, index) => (index === 0 ? { ...part, text: 'other' } : part))
    );
    expect(texts(shownParts(after, 'chan_b'))).toEqual(['other', 'two']);
    expect(texts(shownParts(after, 'chan_a'))).toEqual(['one', 'two']);
    expect(texts(before.parts)).toEqual(['one', 'two']);
    // The field that is being written in stays the same one.
    expect(shownParts(after, 'chan_b')[0]?.key).toBe(before.parts[0]?.key);
  });

  it('keeps its text when the shared one changes, and gets that back on wish with its settings', () => {
    const own = withParts(draft(), 'chan_b', (parts) => parts.slice(0, 1));
    const changed = withParts(own, 'all', () => [newPart('new')]);
    expect(texts(shownParts(changed, 'chan_b'))).toEqual(['one']);
    const reset = unfork(changed, 'chan_b');
    expect(texts(shownParts(reset, 'chan_b'))).toEqual(['new']);
    expect(reset.variants[1]).toEqual({ channel: 'chan_b', settings: { visibility: 'unlisted' } });
  });
});

describe('the body', () => {
  it('names own parts only where there are some, and a root waits for nothing', () => {
    const moved = withParts(draft(), 'all', (parts) => move(parts, 1, -1));
    const body = content(withParts(moved, 'chan_a', (parts) => parts.slice(0, 1)));
    expect(body.parts).toEqual([
      { text: 'two', media: [{ id: 'file_1' }], delay_s: 0 },
      { text: 'one', media: [], delay_s: 0 }
    ]);
    expect(body.channels).toEqual([
      { channel: 'chan_a', parts: [{ text: 'two', media: [{ id: 'file_1' }], delay_s: 0 }], settings: {} },
      { channel: 'chan_b', settings: { visibility: 'unlisted' } }
    ]);
  });

  it('is the same again after a way through the server, whatever the order of its fields', () => {
    const before = { ...draft(), labels: ['label_1'] };
    const { parts, channels } = content(before);
    const back = fromPost({
      parts: parts.map((part) => ({
        delay_s: part.delay_s,
        media: part.media?.map((ref) => ({ alt: null, ...ref })),
        text: part.text
      })),
      channels: channels.map((own) => ({ settings: own.settings, channel: own.channel, parts: null })),
      labels: ['label_1'],
      when: null
    });
    expect(same(before, back)).toBe(true);
    expect(same(before, { ...back, labels: [] })).toBe(false);
    expect(
      same(
        before,
        withParts(back, 'all', (now) => move(now, 0, 1))
      )
    ).toBe(false);
  });

  it('reads a time as the clock of its zone shows it', () => {
    const when = { at: '2026-11-26T08:30:00Z', local: '2026-11-26T09:30:00', zone: 'Europe/Berlin' };
    const post = fromPost({ parts: null, channels: null, labels: [], when });
    expect(post.when).toEqual({ local: '2026-11-26T09:30', zone: 'Europe/Berlin' });
    expect(post.parts).toHaveLength(1);
  });
});

it('prints equal things equally', () => {
  expect(printed({ b: 1, a: { d: null, c: [2, 1] } })).toBe(printed({ a: { c: [2, 1] }, b: 1 }));
  expect(printed([1, 2])).not.toBe(printed([2, 1]));
});

it('is empty without text and files, in any tab', () => {
  const empty = emptyDraft();
  expect(isEmpty({ ...empty, labels: ['label_1'] })).toBe(true);
  expect(isEmpty({ ...empty, parts: [newPart(' \n ')] })).toBe(true);
  expect(isEmpty({ ...empty, parts: [newPart('', [{ id: 'a' }])] })).toBe(false);
  const own = { channel: 'chan_a', settings: {}, parts: [newPart('x')] };
  expect(isEmpty({ ...empty, variants: [own] })).toBe(false);
});

describe('what may be edited', () => {
  const post = (status: 'draft' | 'scheduled' | 'attention' | 'canceled', ...states: string[]) =>
    editable({ status, deliveries: states.map((state) => ({ state })) } as unknown as Parameters<
      typeof editable
    >[0]);

  it('is a draft, and what is not out', () => {
    expect(post('draft')).toBe(true);
    expect(post('scheduled', 'scheduled', 'held')).toBe(true);
    expect(post('attention', 'failed', 'canceled')).toBe(true);
  });

  it('is not what is out somewhere or may be, nor what was withdrawn', () => {
    expect(post('attention', 'failed', 'published')).toBe(false);
    expect(post('attention', 'unconfirmed')).toBe(false);
    expect(post('canceled', 'canceled')).toBe(false);
  });
});
