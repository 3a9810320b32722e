import { queryOptions } from '@tanstack/svelte-query';
import { api, body } from '$lib/api';
import { keys } from '$lib/api/queries';

/** A delivery with what is known about an uncertain send, which lists leave out. */
export const delivery = (ws: string, id: string) =>
  queryOptions({
    queryKey: keys.delivery(ws, id),
    queryFn: () =>
      body(
        api.GET('/api/v1/workspaces/{ws}/deliveries/{delivery}', { params: { path: { ws, delivery: id } } })
      ),
    staleTime: 5_000
  });

/** What was tried of a delivery, the oldest first. */
export const attempts = (ws: string, id: string) =>
  queryOptions({
    queryKey: keys.attempts(ws, id),
    queryFn: async () =>
      (
        await body(
          api.GET('/api/v1/workspaces/{ws}/deliveries/{delivery}/attempts', {
            params: { path: { ws, delivery: id } }
          })
        )
      ).items,
    staleTime: 5_000
  });
