import type { QueryKey } from '@tanstack/svelte-query';
import { keys } from '$lib/api/queries';

/** What the server says has changed: a kind and ids, never content. */
export interface Change {
  kind: string;
  ids: Record<string, string>;
}

/**
 * The kinds that are listened for. The server's stream names each event by its kind, and a browser hands
 * out named events only to who asks for that name.
 */
export const KINDS = [
  'channel.changed',
  'deliveries.changed',
  'delivery.changed',
  'invitation.changed',
  'key.changed',
  'label.changed',
  'label.deleted',
  'media.changed',
  'media.progress',
  'media.rendition',
  'member.changed',
  'post.changed',
  'post.deleted',
  'post.updated',
  'posts.changed',
  'series.changed',
  'series.deleted',
  'workspace.changed'
] as const;

/** The caches that a kind of change makes stale. Kinds that are not known make everything stale. */
export function stale(ws: string, change: Change): QueryKey[] {
  const [about] = change.kind.split('.');
  switch (about) {
    case 'delivery':
    case 'deliveries':
    case 'post':
    case 'posts':
    case 'series':
      return [keys.calendar(ws), keys.posts(ws), keys.deliveries(ws), keys.status(ws), keys.notifications];
    case 'channel':
      return [keys.channels(ws), keys.calendar(ws), keys.status(ws), keys.notifications];
    case 'media':
      return [keys.media(ws)];
    case 'label':
      return [keys.labels(ws)];
    case 'key':
      return [keys.apiKeys(ws)];
    case 'member':
    case 'invitation':
      return [keys.members(ws), keys.me];
    case 'workspace':
      return [keys.me, keys.status(ws)];
    default:
      return [[]];
  }
}
