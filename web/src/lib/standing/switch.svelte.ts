import { useQueryClient, type QueryClient } from '@tanstack/svelte-query';
import { api } from '$lib/api';
import { keys } from '$lib/api/queries';
import { errorText } from '$lib/errors';
import { t } from '$lib/i18n';
import { stale } from '$lib/live/changes';
import { useSession, type Session } from '$lib/shell/session.svelte';
import { toasts } from '$ui/toasts.svelte';

/** Pausing and resuming the publishing of a workspace, wherever it is asked for; either can be undone. */
export class PublishingSwitch {
  busy = $state(false);
  readonly #session: Session;
  readonly #client: QueryClient;

  constructor(session: Session, client: QueryClient) {
    this.#session = session;
    this.#client = client;
  }

  pause(): Promise<boolean> {
    return this.#turn(false);
  }

  resume(): Promise<boolean> {
    return this.#turn(true);
  }

  /** Whether it worked; a refusal is said at the edge of the screen. */
  async #turn(on: boolean): Promise<boolean> {
    const { ws } = this.#session;
    const params = { path: { ws } };
    this.busy = true;
    try {
      if (on) await api.POST('/api/v1/workspaces/{ws}/resume', { params });
      else await api.POST('/api/v1/workspaces/{ws}/pause', { params });
      toasts.say(on ? t('publishing-resumed') : t('publishing-paused'), { undo: () => void this.#turn(!on) });
      await this.#refresh(ws);
      return true;
    } catch (error) {
      toasts.fail(errorText(error));
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Whether it publishes stands with the person's workspaces; what is late or held changes with it. */
  async #refresh(ws: string): Promise<void> {
    const changed = [keys.me, ...stale(ws, { kind: 'deliveries.changed', ids: {} })];
    await Promise.all(changed.map((queryKey) => this.#client.invalidateQueries({ queryKey })));
  }
}

/** The switch of the workspace that a component stands in. */
export const usePublishingSwitch = (): PublishingSwitch =>
  new PublishingSwitch(useSession(), useQueryClient());
