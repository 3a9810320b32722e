import type { QueryClient } from '@tanstack/svelte-query';
import { goto } from '$app/navigation';
import { api } from '$lib/api';
import { errorText } from '$lib/errors';
import * as paths from '$lib/paths';
import { toasts } from '$ui/toasts.svelte';

/** Ends the session, forgets what it had loaded, and leads to the door. */
export async function logOut(client: QueryClient): Promise<void> {
  try {
    await api.DELETE('/api/v1/sessions/current');
    client.clear();
    await goto(paths.login());
  } catch (error) {
    toasts.fail(errorText(error));
  }
}
