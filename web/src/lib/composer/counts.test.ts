import { describe, expect, it } from 'vitest';
import type { Channel, Connector, Schemas } from '$lib/api';
import { limitsOf, shownCounts } from './counts';
import { mediaLimits, takesThreads } from './limits';

const channel = (id: string, platform: string) => ({ id, platform, platform_name: platform }) as Channel;
const said = (channel: string, part: number, used: number, max: number, unit: Schemas['TextUnit']) => ({
  channel,
  part,
  used,
  max,
  unit
});
const graphemes = (max: number) => [{ unit: 'graphemes', max }];

describe('the limits of a channel', () => {
  const known = [
    { unit: 'graphemes', max: 300 },
    { unit: 'bytes', max: 3000 }
  ];

  it('are those of its own server once that is known, and of no other channel', () => {
    const counts = [said('chan_a', 0, 5, 1000, 'graphemes'), said('chan_b', 0, 5, 7, 'bytes')];
    expect(limitsOf(channel('chan_a', 'x'), known, counts)).toEqual([
      { unit: 'graphemes', max: 1000 },
      { unit: 'bytes', max: 3000 }
    ]);
  });

  it('are more where its server counts otherwise, each once', () => {
    const counts = [said('chan_a', 0, 5, 50, 'utf16'), said('chan_a', 1, 9, 50, 'utf16')];
    expect(limitsOf(channel('chan_a', 'x'), graphemes(300), counts).map(({ unit }) => unit)).toEqual([
      'graphemes',
      'utf16'
    ]);
  });
});

describe('the figures of a part', () => {
  const a = { channel: channel('chan_a', 'one'), limits: graphemes(300) };
  const b = { channel: channel('chan_b', 'one'), limits: graphemes(300) };
  const c = { channel: channel('chan_c', 'two'), limits: graphemes(500) };

  it('are shared by channels of a network that agree', () => {
    const shown = shownCounts('Hello', 0, [a, b, c], []);
    expect(shown.map(({ glyph, used, max }) => [glyph, used, max])).toEqual([
      ['one', 5, 300],
      ['two', 5, 500]
    ]);
  });

  it('are the server’s where it counted this very text, each part its own', () => {
    const exact = [said('chan_a', 0, 9, 300, 'graphemes'), said('chan_a', 1, 2, 300, 'graphemes')];
    expect(shownCounts('Hello', 0, [a], exact)[0]?.used).toBe(9);
    expect(shownCounts('Hello', 1, [a], exact)[0]?.used).toBe(2);
    expect(shownCounts('Hello', 2, [a], exact)[0]?.used).toBe(5);
  });

  it('are none where nothing is counted', () => {
    expect(shownCounts('Hello', 0, [{ ...a, limits: [] }], [])).toEqual([]);
  });
});

describe('what a connector says', () => {
  const connectors = [
    { id: 'one', kinds: [{ kind: 'thread' }], descriptor: { media: { max_items: 4, alt: { max: 2000 } } } },
    { id: 'two', kinds: [{ kind: 'text' }], descriptor: { media: { max_items: 10, alt: { max: 1500 } } } },
    { id: 'three', kinds: [], descriptor: {} },
    { id: 'four', kinds: [{ kind: 'comment' }], descriptor: {} }
  ] as unknown as Connector[];
  const of = (...platforms: string[]) => platforms.map((platform) => channel(platform, platform));

  it('of files holds for all of the channels', () => {
    expect(mediaLimits(of('one', 'two', 'three'), connectors)).toEqual({ items: 4, alt: 1500 });
    expect(mediaLimits(of('three'), connectors)).toEqual({ items: undefined, alt: undefined });
  });

  it('of threads holds for each', () => {
    expect(of('one', 'four', 'two', 'gone').map((one) => takesThreads(one, connectors))).toEqual([
      true,
      true,
      false,
      false
    ]);
  });
});
