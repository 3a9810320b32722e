import { describe, expect, it } from 'vitest';
import { look, shown, worst, type Shown } from './status';

const ALL: Record<Shown, true> = {
  draft: true,
  scheduled: true,
  publishing: true,
  waiting: true,
  held: true,
  approval: true,
  unconfirmed: true,
  published: true,
  incomplete: true,
  failed: true,
  canceled: true
};
const states = Object.keys(ALL) as Shown[];

describe('a state', () => {
  it('has a shape and a word of its own, whatever its colour', () => {
    const looks = states.map(look);
    expect(new Set(looks.map(({ icon }) => icon)).size).toBe(states.length);
    expect(new Set(looks.map(({ word }) => word)).size).toBe(states.length);
    for (const { word } of looks) expect(word).toMatch(/^\p{Lu}\p{L}/u);
  });

  it('of a delivery is told by what somebody has to know', () => {
    expect(shown({ state: 'running' })).toBe('publishing');
    expect(shown({ state: 'held', hold_reason: 'approval' })).toBe('approval');
    expect(shown({ state: 'held', hold_reason: 'late' })).toBe('held');
    expect(shown({ state: 'published', incomplete: true })).toBe('incomplete');
  });

  it('of several is the one that matters most', () => {
    expect(worst(['published', 'failed', 'scheduled'])).toBe('failed');
    expect(worst(['failed', 'unconfirmed'])).toBe('unconfirmed');
    expect(worst([])).toBe('canceled');
  });
});
