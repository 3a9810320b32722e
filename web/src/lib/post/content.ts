import type { Delivery, Post, Schemas } from '$lib/api';

export type Part = Schemas['Part'];
type ChannelContent = Schemas['ChannelContent'];

/** What a channel is sent: its own parts, else those that channels share. Nothing once it was purged. */
export function partsFor(post: Pick<Post, 'parts' | 'channels'>, channel: string): Part[] | undefined {
  const own = post.channels?.find((one: ChannelContent) => one.channel === channel)?.parts;
  return own ?? post.parts ?? undefined;
}

/** Whether a channel says something else than the others. */
export const isForked = (post: Pick<Post, 'channels'>, channel: string): boolean =>
  Boolean(post.channels?.find((one) => one.channel === channel)?.parts);

/** The first words of a post, for headings and rows; empty where there are none. */
export function excerpt(post: Pick<Post, 'parts' | 'channels'>, length = 80): string {
  const shared = post.parts?.[0]?.text;
  const words = shared?.trim() || post.channels?.find((one) => one.parts?.[0]?.text)?.parts?.[0]?.text || '';
  const line = words.trim().split('\n', 1)[0] ?? '';
  const letters = [...line];
  return letters.length > length
    ? `${letters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`
    : line;
}

/** What a delivery still has to say, as the content of a post for its channel alone. */
export function restOf(
  post: Pick<Post, 'parts' | 'channels'>,
  delivery: Pick<Delivery, 'channel' | 'parts'>
): Pick<Schemas['EditPost'], 'parts' | 'channels'> {
  const channel = delivery.channel.id;
  const out = new Set(
    delivery.parts.filter((part) => part.state === 'published').map((part) => part.position)
  );
  const parts = (partsFor(post, channel) ?? []).filter((_, position) => !out.has(position));
  const settings = post.channels?.find((one) => one.channel === channel)?.settings ?? {};
  // The first part follows nothing any more.
  const [root, ...replies] = parts;
  return { parts: root ? [{ ...root, delay_s: 0 }, ...replies] : [], channels: [{ channel, settings }] };
}
