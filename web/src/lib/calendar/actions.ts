import type { QueryClient } from '@tanstack/svelte-query';
import { api, type CalendarItem, type Schemas } from '$lib/api';
import { keys } from '$lib/api/queries';
import { errorText } from '$lib/errors';
import { city, dateTime } from '$lib/i18n/format';
import { t } from '$lib/i18n';
import * as paths from '$lib/paths';
import type { Session } from '$lib/shell/session.svelte';
import { toasts } from '$ui/toasts.svelte';
import { movableOf, moved, without } from './cache';
import { fixed, type Card } from './cards';

type Calendar = Schemas['Calendar'];
type When = Schemas['When'];

/** What is done to posts from the calendar: seen at once, taken back when the server refuses, undone when asked. */
export class Actions {
  readonly #client: QueryClient;
  readonly #session: Session;

  constructor(client: QueryClient, session: Session) {
    this.#client = client;
    this.#session = session;
  }

  /** Gives a post another time. Throws what the server says against it; everything is as it was then. */
  async move(card: Card, local: string): Promise<void> {
    const before = card.items.find((item) => item.state !== 'published')?.at;
    await this.#reschedule(card.post, card.items, local, { local, zone: this.#session.zone });
    const when = t('calendar-when', { time: dateTime(local), zone: city(this.#session.zone) });
    toasts.say(t('calendar-moved', { when }), { undo: () => void this.#moveBack(card, before) });
  }

  /** The same where there is no place to say what went wrong but the edge of the screen. */
  async tryMove(card: Card, local: string): Promise<boolean> {
    try {
      await this.move(card, local);
      return true;
    } catch (error) {
      toasts.fail(errorText(error));
      return false;
    }
  }

  /** Takes a post off the schedule. It is a draft then, so nothing is lost. */
  async withdraw(card: Card): Promise<void> {
    const { ws, zone } = this.#session;
    const params = { path: { ws, post: card.post } };
    const take = () => api.POST('/api/v1/workspaces/{ws}/posts/{post}/unschedule', { params });
    await this.#said(async () => {
      await this.#optimistic((calendar) => without(calendar, card.post), take);
      toasts.say(t('calendar-withdrawn'), {
        link: { href: paths.drafts(ws), label: t('calendar-see-drafts') },
        undo: () => void this.#said(() => this.#putBack(card, { local: card.local, zone }))
      });
    });
  }

  /** Takes several off the schedule; one that is refused does not stop the others, nor when they come back. */
  async withdrawAll(cards: readonly Card[]): Promise<void> {
    const { ws, zone } = this.#session;
    const done: Card[] = [];
    for (const card of cards) {
      const params = { path: { ws, post: card.post } };
      const take = () => api.POST('/api/v1/workspaces/{ws}/posts/{post}/unschedule', { params });
      await this.#said(async () => {
        await this.#optimistic((calendar) => without(calendar, card.post), take);
        done.push(card);
      });
    }
    if (done.length === 0) return;
    const putBack = async () => {
      let back = 0;
      for (const card of done) {
        await this.#said(async () => {
          await this.#schedule(card.post, { local: card.local, zone });
          back += 1;
        });
      }
      await this.#refresh();
      if (back > 0) toasts.say(t('calendar-put-back'));
    };
    toasts.say(t('calendar-withdrawn-count', { count: done.length }), {
      link: { href: paths.drafts(ws), label: t('calendar-see-drafts') },
      undo: () => void putBack()
    });
  }

  /** Makes a new draft of a post. */
  async duplicate(post: string): Promise<void> {
    const { ws } = this.#session;
    await this.#said(async () => {
      const { data } = await api.POST('/api/v1/workspaces/{ws}/posts/{post}/duplicate', {
        params: { path: { ws, post } }
      });
      await this.#client.invalidateQueries({ queryKey: keys.posts(ws) });
      if (!data) return;
      toasts.say(t('calendar-duplicated'), {
        link: { href: paths.editPost(ws, data.id), label: t('calendar-edit-copy') }
      });
    });
  }

  /** Says why a card stays where it is; whether it does. */
  explainFixed(card: Card): boolean {
    const why = fixed(card);
    if (why) toasts.say(t(`calendar-fixed-${why}`));
    return why !== undefined;
  }

  explainRole(): void {
    toasts.say(t('calendar-fixed-role'));
  }

  explainPast(): void {
    toasts.say(t('calendar-slot-past'));
  }

  explainReadOnly(): void {
    toasts.say(t('calendar-slot-read-only'));
  }

  async #moveBack(card: Card, before: string | undefined): Promise<void> {
    const moving = this.#cached().flatMap(([, calendar]) => movableOf(calendar?.items ?? [], card.post));
    // The instant, not the clock: of an hour that happens twice it is the same one again.
    const when: When = before ? { at: before } : { local: card.local, zone: this.#session.zone };
    await this.#said(async () => {
      await this.#reschedule(card.post, moving, card.local, when);
      toasts.say(t('calendar-moved-back', { when: dateTime(card.local) }));
    });
  }

  async #putBack(card: Card, when: When): Promise<void> {
    await this.#schedule(card.post, when);
    await this.#refresh();
    toasts.say(t('calendar-put-back'));
  }

  #schedule(post: string, when: When): Promise<unknown> {
    return api.POST('/api/v1/workspaces/{ws}/posts/{post}/schedule', {
      params: { path: { ws: this.#session.ws, post } },
      body: { when }
    });
  }

  #reschedule(post: string, items: readonly CalendarItem[], local: string, when: When): Promise<void> {
    const { ws } = this.#session;
    const moving = movableOf(items, post);
    return this.#optimistic(
      (calendar) => moved(calendar, moving, local),
      () =>
        api.POST('/api/v1/workspaces/{ws}/posts/{post}/reschedule', {
          params: { path: { ws, post } },
          body: { when }
        })
    );
  }

  #cached(): [readonly unknown[], Calendar | undefined][] {
    return this.#client.getQueriesData<Calendar>({ queryKey: keys.calendar(this.#session.ws) });
  }

  /** Shows a change, asks for it, and shows what was before if it is refused. */
  async #optimistic(change: (calendar: Calendar) => Calendar, ask: () => Promise<unknown>): Promise<void> {
    const queryKey = keys.calendar(this.#session.ws);
    await this.#client.cancelQueries({ queryKey });
    const before = this.#cached();
    this.#client.setQueriesData<Calendar>({ queryKey }, (calendar) => calendar && change(calendar));
    try {
      await ask();
    } catch (error) {
      for (const [key, calendar] of before) this.#client.setQueryData(key, calendar);
      throw error;
    } finally {
      void this.#refresh();
    }
  }

  async #refresh(): Promise<void> {
    const { ws } = this.#session;
    await Promise.all(
      [keys.calendar(ws), keys.posts(ws), keys.status(ws)].map((queryKey) =>
        this.#client.invalidateQueries({ queryKey })
      )
    );
  }

  async #said(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      toasts.fail(errorText(error));
    }
  }
}
