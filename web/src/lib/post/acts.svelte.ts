import { useQueryClient, type QueryClient } from '@tanstack/svelte-query';
import { api, versioned, type Delivery, type Post, type Schemas } from '$lib/api';
import { keys } from '$lib/api/queries';
import { errorText } from '$lib/errors';
import { t, type MessageId } from '$lib/i18n';
import { instant } from '$lib/i18n/format';
import { stale } from '$lib/live/changes';
import { useSession, type Session } from '$lib/shell/session.svelte';
import { PublishingSwitch } from '$lib/standing/switch.svelte';
import { toasts } from '$ui/toasts.svelte';
import { restOf } from './content';

/** What is decided about a delivery by pressing a button; the others have a form. */
export type Press = 'retry' | 'publish_again' | 'release' | 'cancel' | 'stop' | 'delete_live';

/** A post and when it is to go out, which *Undo* needs. */
export type Timed = Pick<Post, 'id' | 'when'>;

type Where = { params: { path: { ws: string; delivery: string } } };

const PRESSES: Record<Press, (where: Where) => Promise<{ data?: Delivery }>> = {
  retry: (where) => api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/retry', where),
  publish_again: (where) => api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/publish-again', where),
  release: (where) => api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/release', where),
  cancel: (where) => api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/cancel', where),
  stop: (where) => api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/stop', where),
  delete_live: (where) => api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/delete-live', where)
};

const SAID: Record<Press, MessageId> = {
  retry: 'post-said-retry',
  publish_again: 'post-said-publish_again',
  release: 'post-said-release',
  cancel: 'post-said-cancel',
  stop: 'post-said-stop',
  delete_live: 'post-said-delete-live'
};

/** What people decide about posts and their deliveries; each decision refreshes what shows them. */
export class Acts {
  /** The id of what is being changed now. */
  busy = $state<string>();
  readonly #session: Session;
  readonly #client: QueryClient;

  constructor(session: Session, client: QueryClient) {
    this.#session = session;
    this.#client = client;
  }

  /** Presses a button of a delivery; whether it worked. A refusal is said at the edge of the screen. */
  async press(id: string, press: Press, quiet = false): Promise<boolean> {
    return this.#said(id, async () => {
      const { data } = await PRESSES[press](this.#delivery(id));
      if (data) this.#patch(data);
      if (!quiet) toasts.say(t(SAID[press] as 'post-said-retry'));
    });
  }

  /** Says where an uncertain part is. A refusal is the form's to show. */
  async confirm(id: string, link: string, quiet = false): Promise<void> {
    await this.#work(id, async () => {
      const { data } = await api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/confirm', {
        ...this.#delivery(id),
        body: { link }
      });
      if (data) this.#patch(data);
    });
    if (!quiet) toasts.say(t('post-said-confirm'));
  }

  /** Asks that what is live says something else; a refusal is the form's to show. */
  async editLive(id: string, texts: string[]): Promise<void> {
    await this.#work(id, async () => {
      const { data } = await api.POST('/api/v1/workspaces/{ws}/deliveries/{delivery}/edit-live', {
        ...this.#delivery(id),
        body: { parts: texts.map((text) => ({ text })) }
      });
      if (data) this.#patch(data);
    });
    toasts.say(t('post-said-edit-live'));
  }

  /** Gives what is not out another time; taken back by *Undo* while the old time is still to come. */
  async reschedule(post: Timed, when: Schemas['When'], said: string): Promise<void> {
    const before = post.when;
    await this.#work(post.id, () => this.#move(post.id, when));
    const back = before && Date.parse(before.at) > Date.now() ? before : undefined;
    const undo = back ? () => void this.#said(post.id, () => this.#move(post.id, whenOf(back))) : undefined;
    toasts.say(said, { undo });
  }

  /** Takes a post off the schedule: a draft again, until *Undo*. */
  async unschedule(post: Timed): Promise<boolean> {
    const before = post.when;
    return this.#said(post.id, async () => {
      await api.POST('/api/v1/workspaces/{ws}/posts/{post}/unschedule', this.#post(post.id));
      const undo = before ? () => void this.#schedule(post.id, before) : undefined;
      toasts.say(t('post-unscheduled'), { undo });
    });
  }

  /** Withdraws everything that is not out. */
  async cancel(post: string): Promise<boolean> {
    return this.#said(post, async () => {
      await api.POST('/api/v1/workspaces/{ws}/posts/{post}/cancel', this.#post(post));
      toasts.say(t('post-canceled'));
    });
  }

  /** Deletes a post here; what is live stays. */
  async remove(post: string): Promise<boolean> {
    return this.#said(post, async () => {
      await api.DELETE('/api/v1/workspaces/{ws}/posts/{post}', this.#post(post));
      this.#client.removeQueries({ queryKey: keys.post(this.#session.ws, post) });
      toasts.say(t('post-deleted'));
    });
  }

  /** A new draft with the same content; its id. */
  async duplicate(post: string): Promise<string | undefined> {
    let made: string | undefined;
    await this.#said(post, async () => {
      const { data } = await api.POST('/api/v1/workspaces/{ws}/posts/{post}/duplicate', this.#post(post));
      made = data?.id;
    });
    return made;
  }

  /** A new draft for one channel with what is not out there; its id. */
  async rewrite(delivery: Delivery): Promise<string | undefined> {
    let made: string | undefined;
    await this.#said(delivery.id, async () => {
      const { data } = await api.POST(
        '/api/v1/workspaces/{ws}/posts/{post}/duplicate',
        this.#post(delivery.post)
      );
      if (!data) return;
      const params = { path: { ws: this.#session.ws, post: data.id } };
      const copy = await versioned(api.GET('/api/v1/workspaces/{ws}/posts/{post}', { params }));
      await api.PATCH('/api/v1/workspaces/{ws}/posts/{post}', {
        params: { ...params, header: { 'If-Match': copy.etag } },
        body: restOf(copy.data, delivery)
      });
      made = data.id;
    });
    return made;
  }

  /** Lets the workspace publish again. */
  async resume(): Promise<boolean> {
    this.busy = this.#session.ws;
    try {
      return await new PublishingSwitch(this.#session, this.#client).resume();
    } finally {
      this.busy = undefined;
    }
  }

  /** Everything that shows posts is looked up again. */
  async refresh(): Promise<void> {
    const keys = stale(this.#session.ws, { kind: 'delivery.changed', ids: {} });
    await Promise.all(keys.map((queryKey) => this.#client.invalidateQueries({ queryKey })));
  }

  async #schedule(post: string, when: Schemas['PlannedTime']): Promise<void> {
    await this.#said(post, async () => {
      await api.POST('/api/v1/workspaces/{ws}/posts/{post}/schedule', {
        ...this.#post(post),
        body: { when: whenOf(when) }
      });
      toasts.say(t('post-scheduled-again', { when: instant(when.at, this.#session.zone) }));
    });
  }

  async #move(post: string, when: Schemas['When']): Promise<void> {
    await api.POST('/api/v1/workspaces/{ws}/posts/{post}/reschedule', {
      ...this.#post(post),
      body: { when }
    });
  }

  async #said(id: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await this.#work(id, work);
      return true;
    } catch (error) {
      toasts.fail(errorText(error));
      return false;
    }
  }

  async #work(id: string, work: () => Promise<void>): Promise<void> {
    this.busy = id;
    try {
      await work();
    } finally {
      this.busy = undefined;
      // A refusal often means that things have moved on, so they are looked up then too.
      void this.refresh();
    }
  }

  /** The answer is shown at once, before everything is looked up again. */
  #patch(changed: Delivery): void {
    const { ws } = this.#session;
    this.#client.setQueryData(keys.delivery(ws, changed.id), changed);
    this.#client.setQueryData<{ data: Post; etag: string }>(keys.post(ws, changed.post), (held) => {
      if (!held) return held;
      const deliveries = held.data.deliveries.map((one) => (one.id === changed.id ? changed : one));
      return { ...held, data: { ...held.data, deliveries } };
    });
  }

  #delivery(delivery: string): Where {
    return { params: { path: { ws: this.#session.ws, delivery } } };
  }

  #post(post: string) {
    return { params: { path: { ws: this.#session.ws, post } } };
  }
}

/** A planned time as it is asked for: by the clock it was meant by. */
const whenOf = ({ local, zone }: Schemas['PlannedTime']): Schemas['When'] => ({
  local: local.slice(0, 16),
  zone
});

/** The acts of a component. */
export const useActs = (): Acts => new Acts(useSession(), useQueryClient());
