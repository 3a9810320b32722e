import { infiniteQueryOptions, queryOptions } from '@tanstack/svelte-query';
import { api, body, versioned } from './client';
import type { components } from './schema';

/**
 * Every cache key stands here. A key begins with what it is about and the workspace, so that an
 * event can name what has changed: see `live/changes.ts`.
 */
export const keys = {
  me: ['me'] as const,
  instance: ['instance'] as const,
  sessions: ['sessions'] as const,
  connectors: ['connectors'] as const,
  notifications: ['notifications'] as const,
  channels: (ws: string) => ['channels', ws] as const,
  channel: (ws: string, id: string) => ['channels', ws, id] as const,
  connection: (ws: string, id: string) => ['channels', ws, 'connection', id] as const,
  connectLinks: (ws: string) => ['channels', ws, 'links'] as const,
  platformApps: (ws: string) => ['platform-apps', ws] as const,
  calendar: (ws: string) => ['calendar', ws] as const,
  posts: (ws: string) => ['posts', ws] as const,
  post: (ws: string, id: string) => ['posts', ws, 'one', id] as const,
  deliveries: (ws: string) => ['deliveries', ws] as const,
  delivery: (ws: string, id: string) => ['deliveries', ws, 'one', id] as const,
  attempts: (ws: string, id: string) => ['deliveries', ws, 'attempts', id] as const,
  media: (ws: string) => ['media', ws] as const,
  file: (ws: string, id: string) => ['media', ws, 'one', id] as const,
  usage: (ws: string, id: string) => ['media', ws, 'usage', id] as const,
  labels: (ws: string) => ['labels', ws] as const,
  apiKeys: (ws: string) => ['keys', ws] as const,
  members: (ws: string) => ['members', ws] as const,
  status: (ws: string) => ['status', ws] as const
};

/** Everything of a list, page after page. */
export async function all<T>(
  page: (cursor?: string) => Promise<{ items: T[]; next?: string | null }>
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const found = await page(cursor);
    items.push(...found.items);
    cursor = found.next ?? undefined;
  } while (cursor);
  return items;
}

export const me = () =>
  queryOptions({ queryKey: keys.me, queryFn: () => body(api.GET('/api/v1/me')), staleTime: 60_000 });

/** What this server says of itself to everybody. */
export const instance = () =>
  queryOptions({
    queryKey: keys.instance,
    queryFn: () => body(api.GET('/api/v1/instance')),
    staleTime: Infinity
  });

export const connectors = () =>
  queryOptions({
    queryKey: keys.connectors,
    queryFn: async () => (await body(api.GET('/api/v1/connectors'))).items,
    staleTime: Infinity
  });

export const channels = (ws: string) =>
  queryOptions({
    queryKey: keys.channels(ws),
    queryFn: async () =>
      (await body(api.GET('/api/v1/workspaces/{ws}/channels', { params: { path: { ws } } }))).items,
    staleTime: 30_000
  });

/** Deliveries between two instants (RFC 3339). */
export const calendar = (ws: string, from: string, until: string) =>
  queryOptions({
    queryKey: [...keys.calendar(ws), from, until],
    queryFn: () =>
      body(api.GET('/api/v1/workspaces/{ws}/calendar', { params: { path: { ws }, query: { from, until } } })),
    staleTime: 15_000
  });

/** Drafts, the latest first, page after page. */
export const draftPages = (ws: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.posts(ws), 'drafts'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/workspaces/{ws}/posts', {
          params: { path: { ws }, query: { show: 'draft', limit: 50, cursor: pageParam } }
        })
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 15_000
  });

/** A post with its version. */
export const post = (ws: string, id: string) =>
  queryOptions({
    queryKey: keys.post(ws, id),
    queryFn: () =>
      versioned(api.GET('/api/v1/workspaces/{ws}/posts/{post}', { params: { path: { ws, post: id } } }))
  });

/** How publishing stands. What is late becomes so without an event, so it is asked again after a while. */
export const standing = (ws: string) =>
  queryOptions({
    queryKey: [...keys.status(ws), 'standing'],
    queryFn: () => body(api.GET('/api/v1/workspaces/{ws}/status', { params: { path: { ws } } })),
    staleTime: 5_000,
    refetchInterval: 15_000
  });

/**
 * How much waits for somebody in the inbox, where no channels stand. Every change of it comes with an
 * event, so it is not asked by the clock.
 */
export const attention = (ws: string) => ({
  ...standing(ws),
  refetchInterval: false as const,
  select: (found: components['schemas']['WorkspaceStatus']) =>
    found.attention - found.channels_needing_attention
});

/** What somebody is told, the latest first, and how much of it is unread. */
export const notifications = () =>
  queryOptions({
    queryKey: keys.notifications,
    queryFn: () => body(api.GET('/api/v1/notifications', { params: { query: { limit: 30 } } })),
    staleTime: 15_000
  });

/** A file, asked after while it is under way. */
export const file = (ws: string, id: string) =>
  queryOptions({
    queryKey: keys.file(ws, id),
    queryFn: () =>
      body(api.GET('/api/v1/workspaces/{ws}/media/{media}', { params: { path: { ws, media: id } } })),
    staleTime: 30_000,
    refetchInterval: ({ state }) =>
      state.data?.state === 'uploading' || state.data?.state === 'processing' ? 1_500 : false
  });

/** Files, the latest first, page after page. */
export const mediaPages = (ws: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.media(ws), 'pages'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/workspaces/{ws}/media', {
          params: { path: { ws }, query: { limit: 100, cursor: pageParam } }
        })
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 15_000
  });

/** What uses a file: posts, then series. */
export const mediaUsage = (ws: string, id: string) =>
  queryOptions({
    queryKey: keys.usage(ws, id),
    queryFn: async () => {
      const path = { ws, media: id };
      return (await body(api.GET('/api/v1/workspaces/{ws}/media/{media}/usage', { params: { path } }))).items;
    }
  });

export const members = (ws: string) =>
  queryOptions({
    queryKey: keys.members(ws),
    queryFn: async () =>
      (await body(api.GET('/api/v1/workspaces/{ws}/members', { params: { path: { ws } } }))).items
  });

export const labels = (ws: string) =>
  queryOptions({
    queryKey: keys.labels(ws),
    queryFn: async () =>
      (await body(api.GET('/api/v1/workspaces/{ws}/labels', { params: { path: { ws } } }))).items,
    staleTime: 60_000
  });
