import { api } from '$lib/api';
import { errorText } from '$lib/errors';
import * as paths from '$lib/paths';
import { toasts } from '$ui/toasts.svelte';

/**
 * Ends the session and leads to the door, by a page that is loaded afresh: nothing that was loaded or
 * uploaded, and nothing that could be undone, is left to whoever logs in next.
 */
export async function logOut(): Promise<void> {
  try {
    await api.DELETE('/api/v1/sessions/current');
    location.assign(paths.login());
  } catch (error) {
    toasts.fail(errorText(error));
  }
}
