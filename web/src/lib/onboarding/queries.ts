import { queryOptions } from '@tanstack/svelte-query';
import { api, body } from '$lib/api';
import { keys } from '$lib/api/queries';

/** How far a workspace has come. */
export interface Progress {
  channel: boolean;
  written: boolean;
  scheduled: boolean;
  published: boolean;
}

/** Asks for one item of each kind: whether there is any is all that counts. */
export const progress = (ws: string) =>
  queryOptions({
    // Under the key of posts: what is written or goes out makes it stale, by the server's own events.
    queryKey: [...keys.posts(ws), 'first-steps'],
    queryFn: async (): Promise<Progress> => {
      const params = <Q extends object>(query: Q) => ({ params: { path: { ws }, query } });
      const [channels, posts, planned, published] = await Promise.all([
        body(api.GET('/api/v1/workspaces/{ws}/channels', { params: { path: { ws } } })),
        body(api.GET('/api/v1/workspaces/{ws}/posts', params({ limit: 1 }))),
        body(api.GET('/api/v1/workspaces/{ws}/posts', params({ show: 'scheduled' as const, limit: 1 }))),
        body(api.GET('/api/v1/workspaces/{ws}/deliveries', params({ state: 'published' as const, limit: 1 })))
      ]);
      return {
        channel: channels.items.length > 0,
        written: posts.items.length > 0,
        scheduled: planned.items.length > 0,
        published: published.items.length > 0
      };
    },
    staleTime: 15_000
  });
