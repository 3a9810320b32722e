import type { InfiniteData, QueryClient } from '@tanstack/svelte-query';
import { api, type Post, type Schemas } from '$lib/api';
import { draftPages, keys } from '$lib/api/queries';
import { errorText } from '$lib/errors';
import { t } from '$lib/i18n';
import { toasts } from '$ui/toasts.svelte';
import { again, isPurged, without } from './draft';

type Pages = InfiniteData<Schemas['Page_Post'], string | undefined>;

/** Deletes a draft. It is gone at once; undo writes it again, with what it had. */
export async function deleteDraft(client: QueryClient, ws: string, post: Post): Promise<void> {
  const { queryKey } = draftPages(ws);
  await client.cancelQueries({ queryKey });
  const before = client.getQueryData<Pages>(queryKey);
  client.setQueryData<Pages>(queryKey, (list) => list && without(list, post.id));
  try {
    await api.DELETE('/api/v1/workspaces/{ws}/posts/{post}', { params: { path: { ws, post: post.id } } });
    const undo = isPurged(post) ? undefined : () => void restore(client, ws, post);
    toasts.say(t('drafts-deleted'), { undo });
  } catch (error) {
    client.setQueryData(queryKey, before);
    toasts.fail(errorText(error));
  }
  await client.invalidateQueries({ queryKey: keys.posts(ws) });
}

async function restore(client: QueryClient, ws: string, post: Post): Promise<void> {
  try {
    await api.POST('/api/v1/workspaces/{ws}/posts', { params: { path: { ws } }, body: again(post) });
    toasts.say(t('drafts-restored'));
  } catch (error) {
    toasts.fail(errorText(error));
  }
  await client.invalidateQueries({ queryKey: keys.posts(ws) });
}

/** Makes a copy of a draft. */
export async function duplicateDraft(client: QueryClient, ws: string, post: Post): Promise<void> {
  try {
    await api.POST('/api/v1/workspaces/{ws}/posts/{post}/duplicate', {
      params: { path: { ws, post: post.id } }
    });
    toasts.say(t('drafts-duplicated'));
  } catch (error) {
    toasts.fail(errorText(error));
  }
  await client.invalidateQueries({ queryKey: keys.posts(ws) });
}
