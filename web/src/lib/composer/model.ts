import type { Schemas } from '$lib/api';

export type MediaRef = Schemas['MediaRef'];
export type Settings = Record<string, unknown>;

/** One part of a post while it is written. */
export interface Part {
  /** Names it on this screen, whatever its place in the thread. */
  key: string;
  text: string;
  media: MediaRef[];
  /** Seconds after the part before. */
  delay: number;
}

/** A channel of the post, with what it gets instead of what all get. */
export interface Variant {
  channel: string;
  /** Its own parts, once somebody wrote in its tab. */
  parts?: Part[];
  settings: Settings;
}

/** A wall-clock time and the zone that it is meant in. */
export interface LocalTime {
  local: string;
  zone: string;
}

/** What is being written. */
export interface Draft {
  parts: Part[];
  variants: Variant[];
  labels: string[];
  /** The time somebody chose; a time is proposed until then. */
  when: LocalTime | null;
}

/** What is written for all channels, or for one of them. */
export type Tab = 'all' | (string & {});

let last = 0;

export const newPart = (text = '', media: MediaRef[] = [], delay = 0): Part => ({
  key: `part-${++last}`,
  text,
  media,
  delay
});

export const emptyDraft = (): Draft => ({ parts: [newPart()], variants: [], labels: [], when: null });

const partsOf = (parts: Schemas['Part'][] | null | undefined): Part[] =>
  parts && parts.length > 0
    ? parts.map((part) => newPart(part.text ?? '', part.media ?? [], part.delay_s ?? 0))
    : [newPart()];

/** The draft that a stored post is. */
export function fromPost(post: Pick<Schemas['Post'], 'parts' | 'channels' | 'labels' | 'when'>): Draft {
  return {
    parts: partsOf(post.parts),
    variants: (post.channels ?? []).map((own) => ({
      channel: own.channel,
      ...(own.parts ? { parts: partsOf(own.parts) } : {}),
      settings: (own.settings ?? {}) as Settings
    })),
    labels: [...post.labels],
    when: post.when ? { local: post.when.local.slice(0, 16), zone: post.when.zone } : null
  };
}

const bodyParts = (parts: Part[]): Schemas['Part'][] =>
  parts.map((part, index) => ({
    text: part.text,
    media: part.media,
    // The root waits for nothing, also when it was a reply before it was moved to the top.
    delay_s: index === 0 ? 0 : part.delay
  }));

/** Parts and channels as the API takes them. */
export const content = (
  draft: Draft
): { parts: Schemas['Part'][]; channels: Schemas['ChannelContent'][] } => ({
  parts: bodyParts(draft.parts),
  channels: draft.variants.map((own) => ({
    channel: own.channel,
    ...(own.parts ? { parts: bodyParts(own.parts) } : {}),
    settings: own.settings
  }))
});

/** Everything of a draft that the server keeps, for creating and for changing it. */
export const saved = (draft: Draft) => ({ ...content(draft), labels: draft.labels });

/** A value as text that does not depend on the order of its fields, nor on fields that say nothing. */
export const printed = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([, field]) => field !== null && field !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1))
        )
      : inner
  );

/** Whether two drafts would be stored alike. */
export const same = (a: Draft, b: Draft): boolean => printed(saved(a)) === printed(saved(b));

/** Whether there is nothing yet that anybody would miss. */
export function isEmpty(draft: Draft): boolean {
  const all = [...draft.parts, ...draft.variants.flatMap((own) => own.parts ?? [])];
  return all.every((part) => part.text.trim() === '' && part.media.length === 0);
}

/** The parts that a tab shows and changes. */
export const shownParts = (draft: Draft, tab: Tab): Part[] =>
  draft.variants.find((own) => own.channel === tab)?.parts ?? draft.parts;

/** Lets a channel have what all get. */
export const unfork = (draft: Draft, channel: string): Draft => ({
  ...draft,
  variants: draft.variants.map((own) =>
    own.channel === channel ? { channel: own.channel, settings: own.settings } : own
  )
});

/** Changes the parts that a tab shows; writing in a channel's tab makes them its own. */
export function withParts(draft: Draft, tab: Tab, change: (parts: Part[]) => Part[]): Draft {
  if (tab === 'all') return { ...draft, parts: change(draft.parts) };
  return {
    ...draft,
    variants: draft.variants.map((own) =>
      own.channel === tab ? { ...own, parts: change(own.parts ?? copied(draft.parts)) } : own
    )
  };
}

/** Equal parts with the same keys: the field that is being written in stays the same one. */
const copied = (parts: Part[]): Part[] => parts.map((part) => ({ ...part, media: [...part.media] }));

/** Splits a part at the caret; what follows becomes a part of its own, without the space between. */
export function split(parts: Part[], index: number, caret: number): Part[] {
  const part = parts[index];
  if (!part) return parts;
  const before = { ...part, text: part.text.slice(0, caret).trimEnd() };
  const after = newPart(part.text.slice(caret).trimStart());
  return [...parts.slice(0, index), before, after, ...parts.slice(index + 1)];
}

/** Joins a part to the one before it; also where the caret belongs afterwards. */
export function join(parts: Part[], index: number): { parts: Part[]; caret: number } {
  const [before, part] = [parts[index - 1], parts[index]];
  if (!before || !part) return { parts, caret: 0 };
  const between = before.text && part.text ? '\n' : '';
  const joined = {
    ...before,
    text: before.text + between + part.text,
    media: [...before.media, ...part.media]
  };
  return {
    parts: [...parts.slice(0, index - 1), joined, ...parts.slice(index + 1)],
    caret: before.text.length + between.length
  };
}

/** Moves a part by one place; nothing happens at the ends. */
export function move(parts: Part[], index: number, by: -1 | 1): Part[] {
  const to = index + by;
  const [part, other] = [parts[index], parts[to]];
  if (!part || !other) return parts;
  const moved = [...parts];
  moved[to] = part;
  moved[index] = other;
  return moved;
}

/** Two empty lines at the end say that the next part begins. */
export const endsWithTwoEmptyLines = (text: string): boolean => text.endsWith('\n\n\n') && text.trim() !== '';

/** Whether a post can be changed: nothing of it is out or may be, and it was not withdrawn as a whole. */
export function editable(post: Pick<Schemas['Post'], 'status' | 'deliveries'>): boolean {
  if (post.status === 'draft') return true;
  const states = post.deliveries.map(({ state }) => state);
  const out = states.some((state) => state === 'published' || state === 'unconfirmed');
  return !out && states.some((state) => state !== 'canceled');
}
