import { queryOptions } from '@tanstack/svelte-query';
import { api, body, type Delivery, type DeliveryState, type Schemas } from '$lib/api';
import { all, keys } from '$lib/api/queries';

export type Connection = Schemas['Connection'];
export type AccountChoice = Schemas['AccountChoice'];
export type ConnectLink = Schemas['ConnectLink'];
export type PlatformApps = Schemas['PlatformApps'];
export type PlatformApp = Schemas['PlatformApp'];

/** The channels, those that were disconnected too. */
export const everyChannel = (ws: string) =>
  queryOptions({
    queryKey: [...keys.channels(ws), 'all'],
    queryFn: async () => {
      const params = { path: { ws }, query: { all: true } };
      return (await body(api.GET('/api/v1/workspaces/{ws}/channels', { params }))).items;
    },
    staleTime: 30_000
  });

export const channel = (ws: string, id: string) =>
  queryOptions({
    queryKey: keys.channel(ws, id),
    queryFn: () =>
      body(api.GET('/api/v1/workspaces/{ws}/channels/{channel}', { params: { path: { ws, channel: id } } })),
    staleTime: 15_000
  });

/** What waits for its time or for somebody on one channel, the earliest first. */
export interface Planned {
  scheduled: Delivery[];
  held: Delivery[];
}

export const planned = (ws: string, channel: string) =>
  queryOptions({
    queryKey: [...keys.deliveries(ws), 'of', channel],
    queryFn: async (): Promise<Planned> => {
      const of = (state: DeliveryState) =>
        all((cursor) =>
          body(
            api.GET('/api/v1/workspaces/{ws}/deliveries', {
              params: { path: { ws }, query: { channel, state, limit: 200, cursor } }
            })
          )
        );
      const [scheduled, waiting, held] = await Promise.all([of('scheduled'), of('waiting'), of('held')]);
      return { scheduled: [...scheduled, ...waiting], held };
    },
    staleTime: 15_000
  });

/** The networks at which people consent, with their keys; for admins. */
export const platformApps = (ws: string) =>
  queryOptions({
    queryKey: keys.platformApps(ws),
    queryFn: async () =>
      (await body(api.GET('/api/v1/workspaces/{ws}/platform-apps', { params: { path: { ws } } }))).items,
    staleTime: 30_000
  });

const UNDER_WAY = ['waiting', 'running', 'confirm'];

/** A connection that was begun; asked again until it has ended. */
export const connection = (ws: string, oauth: string) =>
  queryOptions({
    queryKey: keys.connection(ws, oauth),
    queryFn: () =>
      body(api.GET('/api/v1/workspaces/{ws}/channels/oauth/{oauth}', { params: { path: { ws, oauth } } })),
    refetchInterval: ({ state }) => (state.data && !UNDER_WAY.includes(state.data.status) ? false : 2_000)
  });

/** The accounts that a connection found. */
export const choices = (ws: string, oauth: string) =>
  queryOptions({
    queryKey: [...keys.connection(ws, oauth), 'pick'],
    queryFn: async () =>
      (
        await body(
          api.GET('/api/v1/workspaces/{ws}/channels/oauth/{oauth}/pick', {
            params: { path: { ws, oauth } }
          })
        )
      ).items,
    staleTime: Infinity
  });

export const connectLinks = (ws: string) =>
  queryOptions({
    queryKey: keys.connectLinks(ws),
    queryFn: async () =>
      (await body(api.GET('/api/v1/workspaces/{ws}/connect-links', { params: { path: { ws } } }))).items,
    staleTime: 30_000
  });
