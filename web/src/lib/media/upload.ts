/** One upload as it goes: its phases, what is refused before it begins, and what is kept across a reload. */

export type Phase =
  /** Waits for its turn. */
  | 'queued'
  | 'sending'
  | 'paused'
  /** The connection is gone; it goes on by itself when it is back. */
  | 'waiting'
  /** All of it has arrived; the server looks at it. */
  | 'processing'
  | 'ready'
  | 'failed'
  /** Left over from before a reload: the file must be picked again. */
  | 'lost';

export type UploadEvent =
  'begin' | 'pause' | 'resume' | 'drop' | 'sent' | 'ready' | 'fail' | 'retry' | 'pick' | 'cut';

/** Where each event leads; what is not named changes nothing. */
const MOVES: Record<Phase, Partial<Record<UploadEvent, Phase>>> = {
  queued: { begin: 'sending', pause: 'paused', drop: 'waiting', fail: 'failed' },
  sending: { pause: 'paused', drop: 'waiting', sent: 'processing', fail: 'failed', cut: 'lost' },
  paused: { resume: 'queued', fail: 'failed', cut: 'lost' },
  waiting: { resume: 'queued', pause: 'paused', begin: 'sending', fail: 'failed', cut: 'lost' },
  processing: { ready: 'ready', fail: 'failed' },
  ready: {},
  failed: { retry: 'queued' },
  lost: { pick: 'queued' }
};

/** The phase after an event. A late event, such as progress after a pause, leads nowhere. */
export const after = (phase: Phase, event: UploadEvent): Phase => MOVES[phase][event] ?? phase;

/** Whether bytes are still to be sent. */
export const unfinished = (phase: Phase): boolean =>
  phase === 'queued' || phase === 'sending' || phase === 'paused' || phase === 'waiting' || phase === 'lost';

/** What may begin now: the oldest that wait, as long as there is a place. */
export function mayBegin<T extends { phase: Phase }>(items: T[], parallel: number): T[] {
  const busy = items.filter((item) => item.phase === 'sending').length;
  return items.filter((item) => item.phase === 'queued').slice(0, Math.max(0, parallel - busy));
}

/** What the picker offers. The server looks at the bytes; this only keeps out what is plainly something else. */
export const ACCEPT = 'image/jpeg,image/png,image/webp,image/gif,image/avif,image/heic,video/*,.heic,.mkv';

/** Why a file is not worth sending. Types that the browser does not know are left to the server. */
export function refusal(file: {
  size: number;
  type: string;
  name: string;
}): 'empty' | 'active' | 'type' | undefined {
  const type = file.type.toLowerCase();
  if (file.size === 0) return 'empty';
  if (type === 'image/svg+xml' || type === 'text/html' || /\.(svgz?|html?)$/i.test(file.name))
    return 'active';
  return type && !/^(image|video)\//.test(type) && type !== 'application/octet-stream' ? 'type' : undefined;
}

/** What tells a file from others when it is picked again after a reload. */
export interface Print {
  name: string;
  size: number;
  modified: number;
}

/** An upload that is kept across a reload. */
export interface Kept extends Print {
  media: string;
  received: number;
}

export const print = (file: File): Print => ({
  name: file.name,
  size: file.size,
  modified: file.lastModified
});

export const same = (a: Print, b: Print): boolean =>
  a.name === b.name && a.size === b.size && a.modified === b.modified;

/** What was kept, without what is damaged or somebody else's. */
export function readKept(stored: string | null): Kept[] {
  if (!stored) return [];
  try {
    const found: unknown = JSON.parse(stored);
    return Array.isArray(found) ? found.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(value: unknown): value is Kept {
  const kept = value as Kept;
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof kept.name === 'string' &&
    typeof kept.media === 'string' &&
    [kept.size, kept.modified, kept.received].every((figure) => Number.isFinite(figure))
  );
}

/** `Upload-Metadata` of tus: keys with values in Base64. Header values are ASCII, names of files are not. */
export const metadata = (values: Record<string, string>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} ${base64(value)}`)
    .join(',');

const base64 = (text: string): string => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

/** Whether an answer says that the same will work later. A full disk (507) is for somebody to see to. */
export const isPassing = (status: number): boolean =>
  status === 0 ||
  (status >= 500 && status !== 507) ||
  status === 409 ||
  status === 423 ||
  status === 429 ||
  status === 408;

/** Waits before one more try, in milliseconds: quick at first, then patient. */
export const patience = (tries: number): number => Math.min(30_000, 1_000 * 2 ** Math.min(tries, 5));
