import { queryOptions } from '@tanstack/svelte-query';
import { api, body, type Schemas } from '$lib/api';
import { keys } from '$lib/api/queries';

export type Standing = Schemas['WorkspaceStatus'];
export type Late = Schemas['LateDelivery'];

/** How publishing stands. What is late becomes so without an event, so it is asked again after a while. */
export const standing = (ws: string) =>
  queryOptions({
    queryKey: [...keys.status(ws), 'standing'],
    queryFn: () => body(api.GET('/api/v1/workspaces/{ws}/status', { params: { path: { ws } } })),
    staleTime: 5_000,
    refetchInterval: 15_000
  });
