import FileText from '@lucide/svelte/icons/file-text';
import type { Channel, Post } from '$lib/api';
import { t } from '$lib/i18n';
import { dateTime } from '$lib/i18n/format';
import * as paths from '$lib/paths';
import { look, shown, worst } from '$lib/status';
import type { Icon } from '$ui/icon';
import type { Offer } from './found';

/** Something in the palette: how it looks, and what choosing it does. */
export interface PaletteOffer extends Offer {
  icon?: Icon;
  /** In place of the icon: the face of an account. */
  face?: { name: string; platform: string };
  /** A second, smaller line. */
  meta?: string;
  keys?: string;
  run: () => unknown;
}

type Go = (href: string) => unknown;

export const channelOffers = (channels: Channel[], ws: string, go: Go): PaletteOffer[] =>
  channels.map((channel) => ({
    id: `channel:${channel.id}`,
    group: 'channel',
    text: channel.name,
    also: `${channel.handle} ${channel.platform_name} ${channel.host}`,
    face: { name: channel.name, platform: channel.platform },
    meta: `${channel.handle} · ${channel.platform_name}`,
    run: () => go(paths.channel(ws, channel.id))
  }));

/** All the words of a post, those of channels with their own too. */
function words(post: Post): string {
  const own = (post.channels ?? []).flatMap((channel) => channel.parts ?? []);
  return [...(post.parts ?? []), ...own]
    .map((part) => part.text ?? '')
    .join(' ')
    .trim();
}

function meta(post: Post): string {
  const status = post.deliveries.length > 0 ? worst(post.deliveries.map(shown)) : 'draft';
  const { word } = look(status);
  return post.when
    ? t('palette-post-meta', { status: word, when: dateTime(post.when.local) })
    : t('palette-post-draft', { status: word });
}

export const postOffers = (posts: Post[], ws: string, go: Go): PaletteOffer[] =>
  posts.flatMap((post) => {
    const text = words(post);
    if (!text) return [];
    return [
      {
        id: `post:${post.id}`,
        group: 'post',
        text,
        long: true,
        icon: FileText,
        meta: meta(post),
        run: () => go(paths.post(ws, post.id))
      }
    ];
  });
