import { describe, expect, it } from 'vitest';
import type { Progress } from './queries';
import { next, open, steps } from './steps';

const progress = (done: (keyof Progress)[]): Progress => ({
  channel: done.includes('channel'),
  written: done.includes('written'),
  scheduled: done.includes('scheduled'),
  published: done.includes('published')
});

describe('first steps', () => {
  it('offers what comes first', () => {
    expect(next(steps('w', progress([]), true))?.go?.href).toBe('/w/w/channels/new');
    expect(next(steps('w', progress(['channel']), true))?.id).toBe('written');
    expect(next(steps('w', progress(['channel', 'written']), true))?.go?.href).toBe('/w/w/drafts');
  });

  it('offers nobody what they may not do', () => {
    const all = steps('w', progress([]), false);
    expect(all[0]?.go).toBeUndefined();
    expect(all[0]?.why).toBe('onboarding-channel-ask');
    // They can write all the same.
    expect(next(all)?.id).toBe('written');
  });

  it('leads to the composer as long as there is nothing to schedule', () => {
    const schedule = steps('w', progress(['channel']), true)[2];
    expect(schedule?.go?.href).toBe('/w/w/compose');
  });

  it('is over when everything is done, in whatever order', () => {
    expect(open(steps('w', progress(['published', 'scheduled', 'written']), true))).toBe(true);
    expect(open(steps('w', progress(['channel', 'published', 'scheduled', 'written']), true))).toBe(false);
  });
});
