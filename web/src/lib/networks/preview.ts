import type { Media, Schemas } from '$lib/api';
import type { Size } from '$lib/media/crop';
import * as paths from '$lib/paths';

/** A file as a preview shows it. */
export interface PreviewFile {
  id: string;
  /** Where its picture is; absent while it is under way. */
  src?: string;
  alt: string;
  video: boolean;
  animation: boolean;
  /** Of a video, in milliseconds. */
  length?: number;
  size?: Size;
  crop?: Schemas['Area'] | null;
  focus?: Schemas['Point'] | null;
}

export interface PreviewPart {
  text: string;
  files: PreviewFile[];
}

/** A post as it would look; the parts of a thread in order. */
export interface PreviewProps {
  name: string;
  handle: string;
  /** The server, where the network has many. */
  host: string;
  parts: PreviewPart[];
  settings: Record<string, unknown>;
}

/** A text among settings; nothing where there is none. */
export function textOf(settings: Record<string, unknown>, key: string): string | undefined {
  const value = settings[key];
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Texts among settings: of a list, and of other things nothing. */
export function textsOf(settings: Record<string, unknown>, key: string): string[] {
  const value = settings[key];
  return Array.isArray(value)
    ? value.filter((one): one is string => typeof one === 'string' && one !== '')
    : [];
}

/** A name that people are called by, without the sign that some networks write before it. */
export const plainName = (handle: string): string => handle.replace(/^@/, '');

/** The host of an address as it was typed so far. */
export function hostOf(address: string): string {
  try {
    return new URL(address).host.replace(/^www\./, '');
  } catch {
    return address;
  }
}

/** The server of a handle: `mastodon.example`, without a scheme. */
export const serverOf = (origin: string): string => origin.replace(/^https?:\/\//, '');

/** A file of a post for its preview: from the server, or from the person's own device while it is sent. */
export function previewFile(
  ws: string,
  ref: Schemas['MediaRef'],
  file: Media | undefined,
  local: string | undefined
): PreviewFile {
  const size = file?.width && file.height ? { width: file.width, height: file.height } : undefined;
  return {
    id: ref.id,
    src: file?.thumbnail ? paths.thumbnail(ws, ref.id) : local,
    alt: ref.alt ?? file?.alt ?? '',
    video: file?.kind === 'video' || (file?.mime.startsWith('video/') ?? false),
    animation: file?.kind === 'animation',
    length: file?.duration_ms ?? undefined,
    size: size ?? (local ? { width: 4, height: 3 } : undefined),
    crop: ref.crop,
    focus: ref.focus ?? file?.focus
  };
}
