import { describe, expect, it } from 'vitest';
import { coverOf, facebookForm, instagramForm, ratioBetween } from './forms';
import { network } from './index';
import type { PreviewFile } from './preview';
import { IN_GRID, UPRIGHT } from './rules';

const file = (more: Partial<PreviewFile> = {}): PreviewFile => ({
  id: 'file',
  alt: '',
  video: false,
  animation: false,
  size: { width: 1_000, height: 1_000 },
  ...more
});
const picture = file();
const video = file({ video: true, size: { width: 1_080, height: 1_920 }, length: 20_000 });
const post = (settings: Record<string, unknown>, ...files: PreviewFile[]) => ({
  parts: [{ text: 'Words', files }],
  settings
});

describe('what a post on Instagram becomes', () => {
  it.each([
    ['a picture', {}, [picture], 'post'],
    ['several pictures', { kind: 'post' }, [picture, picture], 'post'],
    ['nothing yet', {}, [], 'post'],
    ['a single video', {}, [video], 'reel'],
    ['a video beside others', { kind: 'post' }, [video, picture], 'post'],
    ['a video with its cover', { kind: 'reel' }, [video, picture], 'reel'],
    ['a reel that has no file yet', { kind: 'reel' }, [], 'reel'],
    ['a story of a video', { kind: 'story' }, [video], 'story'],
    ['a story of a picture', { kind: 'story' }, [picture], 'story']
  ])('%s', (_, settings, files, form) => {
    expect(instagramForm(post(settings, ...files))).toBe(form);
  });
});

describe('what a post on Facebook becomes', () => {
  it.each([
    ['a text', {}, [], 'post'],
    ['pictures', {}, [picture, picture], 'post'],
    ['a wide video', {}, [{ ...video, size: { width: 1_920, height: 1_080 } }], 'post'],
    ['an upright short video', {}, [video], 'reel'],
    ['an upright short video that was meant as a post', { format: 'post' }, [video], 'reel'],
    ['an upright long video', {}, [{ ...video, length: 90_001 }], 'post'],
    ['an upright picture', {}, [{ ...picture, size: video.size }], 'post'],
    ['a video whose length nobody knows yet', {}, [{ ...video, length: undefined }], 'post'],
    ['a wide video as a reel', { format: 'reel' }, [{ ...video, length: 1 }], 'reel'],
    ['a story', { format: 'story' }, [video], 'story']
  ])('%s', (_, settings, files, form) => {
    expect(facebookForm(post(settings, ...files))).toBe(form);
  });
});

it('a reel is covered by the picture beside its video, or else by the video', () => {
  expect(coverOf([video, picture])).toBe(picture);
  expect(coverOf([video])).toBe(video);
  expect(coverOf([])).toBeUndefined();
});

it('a file keeps its ratio between the limits of its place', () => {
  const ratio = (width: number, height: number) => ratioBetween(file({ size: { width, height } }), IN_GRID);
  expect(ratio(1_000, 1_000)).toBe(1);
  expect(ratio(2_100, 1_000)).toBe(1.91);
  expect(ratio(1_000, 2_000)).toBe(0.8);
  const cut = file({ crop: { x: 0, y: 0, width: 5_000, height: 10_000 } });
  expect(ratioBetween(cut, { narrowest: UPRIGHT, widest: 2 })).toBe(UPRIGHT);
});

describe('the previews of the family', () => {
  const forms = [
    post({}, picture),
    post({ kind: 'reel', format: 'reel' }, video),
    post({ kind: 'story', format: 'story' })
  ];
  const loads = (platform: string) => forms.map((one) => network(platform).preview?.(one));

  it('are one for each network and format', () => {
    const all = [...loads('facebook'), ...loads('instagram'), ...loads('threads')];
    expect(all).not.toContain(undefined);
    expect(new Set(all).size).toBe(3 + 3 + 1);
  });

  it('are those of Instagram by either of its log-ins', () => {
    expect(loads('instagram_facebook')).toEqual(loads('instagram'));
  });

  it('are not loaded anew while the form stays', () => {
    expect(loads('facebook')).toEqual(loads('facebook'));
  });
});
