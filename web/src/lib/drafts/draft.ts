/** What is seen of a draft in the list, and how a deleted one is written again. */
import type { Post, Schemas } from '$lib/api';

const EXCERPT_LENGTH = 240;

/** Its first words. What every channel says by itself stands in the first of them. */
export function excerpt(post: Post): string {
  const own = (post.channels ?? []).flatMap((channel) => channel.parts ?? []);
  const text = [...(post.parts ?? []), ...own]
    .map((part) => part.text?.trim() ?? '')
    .find((words) => words !== '');
  const letters = [...(text ?? '')];
  return letters.length > EXCERPT_LENGTH
    ? `${letters.slice(0, EXCERPT_LENGTH).join('').trimEnd()}…`
    : (text ?? '');
}

/** The file of its first picture or film. */
export const picture = (post: Post): string | undefined =>
  [...(post.parts ?? []), ...(post.channels ?? []).flatMap((channel) => channel.parts ?? [])].flatMap(
    (part) => part.media ?? []
  )[0]?.id;

/** Whether its content is gone, so that there is nothing left to write again. */
export const isPurged = (post: Post): boolean => !post.parts;

/** The request that makes a draft of the same content. */
export function again(post: Post): Schemas['CreatePost'] {
  return {
    parts: post.parts ?? [],
    channels: post.channels ?? [],
    labels: post.labels,
    missed_window_s: post.missed_window_s ?? null,
    source: post.source ?? null,
    external_id: post.external_id ?? null
  };
}

interface Pages {
  pages: { items: Post[] }[];
}

/** The pages of a list without one post. */
export const without = <T extends Pages>(list: T, id: string): T => ({
  ...list,
  pages: list.pages.map((page) => ({ ...page, items: page.items.filter((post) => post.id !== id) }))
});
