/** As what a post is shown, where a network has several ways: the same decisions that its connector makes. */
import { ratioOf } from '$lib/media/crop';
import type { PreviewFile, PreviewPart } from './preview';

export type Form = 'post' | 'reel' | 'story';

interface Post {
  parts: PreviewPart[];
  settings: Record<string, unknown>;
}

/** Shortest and longest reel of Facebook, in milliseconds (developers.facebook.com, "Reels publishing", 2026-07-30). */
const REEL = { least: 3_000, most: 90_000 };

/** Instagram: a single video is a reel, whatever was chosen but a story. */
export function instagramForm({ parts, settings }: Post): Form {
  const files = parts[0]?.files ?? [];
  if (settings.kind === 'story') return 'story';
  return settings.kind === 'reel' || (files.length === 1 && files[0]?.video) ? 'reel' : 'post';
}

/** Facebook: an upright video of a reel's length is one, whatever was chosen but a story. */
export function facebookForm({ parts, settings }: Post): Form {
  if (settings.format === 'story' || settings.format === 'reel') return settings.format;
  const file = parts[0]?.files[0];
  return file && isReel(file) ? 'reel' : 'post';
}

function isReel({ video, size, length = 0 }: PreviewFile): boolean {
  const upright = size !== undefined && size.height > size.width;
  return video && upright && length >= REEL.least && length <= REEL.most;
}

/** What is seen of a reel before it plays: the picture beside its video, if there is one. */
export const coverOf = (files: PreviewFile[]): PreviewFile | undefined =>
  files.find(({ video }) => !video) ?? files[0];

/** The ratio of a file in its place: its own, between two limits. */
export function ratioBetween(
  file: PreviewFile | undefined,
  limits: { narrowest: number; widest: number }
): number {
  const own = ratioOf(file?.crop, file?.size ?? { width: 16, height: 9 });
  return Math.min(limits.widest, Math.max(limits.narrowest, own));
}
