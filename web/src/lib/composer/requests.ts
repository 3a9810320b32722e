import { api, body, versioned, type Post, type Schemas } from '$lib/api';
import { keys } from '$lib/api/queries';
import type { QueryClient } from '@tanstack/svelte-query';
import type { Creating } from './local';
import type { LocalTime } from './model';

export interface Versioned {
  data: Post;
  etag: string;
}

const at = (ws: string, post: string) => ({ path: { ws, post } });

export const create = (ws: string, creating: Creating): Promise<Versioned> =>
  versioned(
    api.POST('/api/v1/workspaces/{ws}/posts', {
      params: { path: { ws }, header: { 'Idempotency-Key': creating.key } },
      body: creating.body
    })
  ).then(({ data, etag }) => ({ data, etag: etag || `"${data.version}"` }));

export const change = (ws: string, post: string, etag: string, edit: Schemas['EditPost']) =>
  versioned(
    api.PATCH('/api/v1/workspaces/{ws}/posts/{post}', {
      params: { ...at(ws, post), header: { 'If-Match': etag } },
      body: edit
    })
  ).then(({ data, etag: now }) => ({ data, etag: now || `"${data.version}"` }));

export const load = (ws: string, post: string): Promise<Versioned> =>
  versioned(api.GET('/api/v1/workspaces/{ws}/posts/{post}', { params: at(ws, post) }));

export const schedule = (ws: string, post: string, when: Schemas['When']): Promise<Post> =>
  body(api.POST('/api/v1/workspaces/{ws}/posts/{post}/schedule', { params: at(ws, post), body: { when } }));

export const reschedule = (ws: string, post: string, when: Schemas['When']): Promise<Post> =>
  body(api.POST('/api/v1/workspaces/{ws}/posts/{post}/reschedule', { params: at(ws, post), body: { when } }));

export const unschedule = (ws: string, post: string): Promise<Post> =>
  body(api.POST('/api/v1/workspaces/{ws}/posts/{post}/unschedule', { params: at(ws, post) }));

export const duplicate = (ws: string, post: string): Promise<Post> =>
  body(api.POST('/api/v1/workspaces/{ws}/posts/{post}/duplicate', { params: at(ws, post) }));

export const remove = async (ws: string, post: string): Promise<void> => {
  await api.DELETE('/api/v1/workspaces/{ws}/posts/{post}', { params: at(ws, post) });
};

export const wallClock = ({ local, zone }: LocalTime): Schemas['When'] => ({ local, zone });

/** Shows what has just changed without waiting for the news of it. */
export async function refresh(client: QueryClient, ws: string): Promise<void> {
  await Promise.all(
    [keys.calendar(ws), keys.posts(ws), keys.deliveries(ws), keys.status(ws)].map((queryKey) =>
      client.invalidateQueries({ queryKey })
    )
  );
}
