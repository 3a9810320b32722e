import { describe, expect, it } from 'vitest';
import { excerpt, isForked, partsFor, restOf } from './content';

const shared = [{ text: 'Fresh bread from six.\nCome early.' }];
const own = [{ text: 'Brot ab sechs.' }];
const post = {
  parts: shared,
  channels: [
    { channel: 'a', settings: {} },
    { channel: 'b', settings: {}, parts: own }
  ]
};

describe('what a channel is sent', () => {
  it('is its own text where it has one', () => {
    expect(partsFor(post, 'a')).toBe(shared);
    expect(partsFor(post, 'b')).toBe(own);
    expect([isForked(post, 'a'), isForked(post, 'b')]).toEqual([false, true]);
  });

  it('is nothing once it was purged', () => {
    expect(partsFor({ parts: null, channels: null }, 'a')).toBeUndefined();
    expect(excerpt({ parts: null, channels: null })).toBe('');
  });

  it('is told by its first line, cut between letters', () => {
    expect(excerpt(post)).toBe('Fresh bread from six.');
    expect(excerpt({ parts: [{ text: '🥖🥖🥖🥖' }], channels: [] }, 3)).toBe('🥖🥖…');
    expect(excerpt({ parts: [{ text: ' ' }], channels: post.channels })).toBe('Brot ab sechs.');
  });

  it('is, of a thread, what is not out, for its channel alone', () => {
    const thread = {
      parts: [{ text: '1' }, { text: '2', delay_s: 60 }, { text: '3' }],
      channels: post.channels
    };
    const channel = { id: 'a', platform: 'p', handle: 'a', name: 'A' };
    const parts = [
      { id: '1', position: 0, state: 'published' as const },
      { id: '2', position: 1, state: 'failed' as const }
    ];
    expect(restOf(thread, { channel, parts })).toEqual({
      parts: [{ text: '2', delay_s: 0 }, { text: '3' }],
      channels: [{ channel: 'a', settings: {} }]
    });
  });
});
