import type { QueryClient } from '@tanstack/svelte-query';
import { api, ApiError, body, type Post, type Schemas } from '$lib/api';
import { errorText } from '$lib/errors';
import { t } from '$lib/i18n';
import { city, dateTime } from '$lib/i18n/format';
import * as paths from '$lib/paths';
import { toasts } from '$ui/toasts.svelte';
import { content, fromPost, saved, type Draft } from './model';
import { target, type Problem } from './pointers';
import * as requests from './requests';
import type { Composer } from './state.svelte';
import { rememberTicked } from './ticked';

/** How long *Publish now* can be taken back, in milliseconds. */
const GRACE = 10_000;

type Work = 'schedule' | 'now' | 'draft' | 'fix';

/** What the buttons of the composer do. */
export class Actions {
  busy = $state<Work>();
  /** Why the last one did not work. */
  error = $state.raw<unknown>();
  /** Said to who cannot see the screen, and shown above the buttons. */
  said = $state('');
  readonly #composer: Composer;
  readonly #client: QueryClient;
  readonly #done: () => void;

  constructor(composer: Composer, client: QueryClient, done: () => void) {
    this.#composer = composer;
    this.#client = client;
    this.#done = done;
  }

  /** Puts it on the schedule; for what is there already, saves the change and the time. */
  schedule(): Promise<void> {
    return this.#work('schedule', async () => {
      const composer = this.#composer;
      if (!(await this.#ready())) return;
      const before = composer.post;
      const when = requests.wallClock(composer.when);
      const moved = !before?.when || !sameTime(before, composer.when);
      const scheduled = composer.scheduled;
      const edited = scheduled && !composer.saver.unchanged(composer.draft);
      if (!(await this.#saved())) return;
      const written = composer.draft;
      const id = composer.saver.id ?? '';
      let post = composer.post;
      if (!scheduled) post = await requests.schedule(composer.ws, id, when);
      else if (moved) post = await requests.reschedule(composer.ws, id, when);
      const undo = !scheduled ? () => this.#undo(id) : edited ? undefined : () => this.#back(id, before);
      await this.#finish(written, post, said(scheduled ? 'kept' : 'scheduled', post), undo);
    });
  }

  /** Publishes in ten seconds, which is how long it can be taken back. */
  now(): Promise<void> {
    return this.#work('now', async () => {
      const composer = this.#composer;
      if (!(await this.#ready()) || !(await this.#saved())) return;
      const written = composer.draft;
      const id = composer.saver.id ?? '';
      const at = soon(composer.preflight.skew);
      const put = (when: Schemas['When']) =>
        (composer.scheduled ? requests.reschedule : requests.schedule)(composer.ws, id, when);
      const post = await put({ at }).catch((error: unknown) => {
        // The clocks are further apart than the answers say: then without the ten seconds.
        if (isPast(error)) return put({ now: true });
        throw error;
      });
      await this.#finish(written, post, t('composer-publishing'), () => this.#undo(id));
    });
  }

  /** Keeps it as a draft and leaves. */
  keepAsDraft(): Promise<void> {
    return this.#work('draft', async () => {
      const composer = this.#composer;
      if (!(await this.#saved())) return;
      const written = composer.draft;
      if (composer.scheduled) {
        const post = await requests.unschedule(composer.ws, composer.saver.id ?? '');
        return this.#finish(written, post, t('composer-draft-again'));
      }
      await this.#finish(written, composer.post, t('composer-kept-as-draft'));
    });
  }

  /** Saves what is written and stays. */
  save(): Promise<void> {
    if (this.#composer.scheduled) return this.schedule();
    return this.#work('draft', async () => {
      if (!(await this.#saved())) return;
      await requests.refresh(this.#client, this.#composer.ws);
      this.said = t('saved');
    });
  }

  /** Deletes the draft; it can be taken back. */
  discard(): Promise<void> {
    return this.#work('draft', async () => {
      const composer = this.#composer;
      await composer.saver.quiet();
      const { id } = composer.saver;
      const again = {
        key: crypto.randomUUID(),
        body: saved(composer.draft)
      };
      await composer.saver.drop();
      if (id) await requests.remove(composer.ws, id);
      await this.#leave();
      toasts.say(t('composer-deleted'), { undo: () => void this.#recreate(again) });
    });
  }

  /** Puts right what one problem stands for. */
  fix(problem: Problem): Promise<void> {
    return this.#work('fix', async () => {
      const composer = this.#composer;
      const only = problem.issues.map(({ code, field, channel }) => ({ code, field, channel }));
      // What is written while the answer is on its way is not in it: then it is asked for once more.
      for (let tries = 0; tries < 3; tries += 1) {
        const asked = composer.draft;
        const fixed = await body(
          api.POST('/api/v1/workspaces/{ws}/preflight/fix', {
            params: { path: { ws: composer.ws } },
            body: { ...content(asked), only }
          })
        );
        if (composer.draft !== asked) continue;
        composer.fixed(fixed, problem.issue.detail);
        this.said = t('composer-fixed');
        return;
      }
    });
  }

  /** Leads to the first problem and says how many there are. */
  lead(): void {
    const composer = this.#composer;
    const [first] = composer.problems.filter(({ issue }) => issue.severity === 'error');
    if (!first) return;
    const count = composer.problems.filter(({ issue }) => issue.severity === 'error').length;
    this.said = t('composer-in-the-way', { count, detail: first.issue.detail });
    composer.lead(target(first.issue.field, composer.draft));
  }

  async #work(kind: Work, work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = kind;
    this.error = undefined;
    this.said = '';
    const release = this.#composer.saver.hold();
    try {
      await work();
    } catch (error) {
      this.#refused(error);
    } finally {
      release();
      this.busy = undefined;
    }
  }

  /** Whether nothing stands in the way; else leads there. */
  async #ready(): Promise<boolean> {
    if (await this.#composer.checked()) return true;
    this.lead();
    return false;
  }

  async #saved(): Promise<boolean> {
    const { saver } = this.#composer;
    if (await this.#composer.saved()) return true;
    if (saver.state !== 'conflict' && saver.error) this.#refused(saver.error);
    return false;
  }

  /** A refusal with fields is a list of problems like that of a check. */
  #refused(error: unknown): void {
    const issues = error instanceof ApiError ? (error.problem?.issues ?? []) : [];
    if (issues.length === 0) {
      this.error = error;
      return;
    }
    this.#composer.asked = true;
    this.#composer.preflight.refused(issues);
    this.lead();
  }

  async #finish(
    written: Draft,
    post: Post | undefined,
    text: string,
    undo?: () => Promise<void>
  ): Promise<void> {
    const composer = this.#composer;
    rememberTicked(
      composer.ws,
      composer.draft.variants.map(({ channel }) => channel)
    );
    const link = post && { href: paths.post(composer.ws, post.id), label: t('composer-view') };
    if (post && composer.adopt(post, written)) {
      toasts.say(text, { link });
      toasts.say(t('composer-wrote-on'));
      return requests.refresh(this.#client, composer.ws);
    }
    await composer.saver.drop();
    await this.#leave();
    toasts.say(text, { link, ...(undo ? { undo: () => void undo() } : {}) });
  }

  async #leave(): Promise<void> {
    this.#done();
    await requests.refresh(this.#client, this.#composer.ws);
  }

  async #undo(id: string): Promise<void> {
    const { ws } = this.#composer;
    await this.#tryTo(async () => {
      await requests.unschedule(ws, id);
      toasts.say(t('composer-draft-again'), {
        link: { href: paths.editPost(ws, id), label: t('composer-open') }
      });
    });
  }

  /** Back to the time that it had. */
  async #back(id: string, before: Post | undefined): Promise<void> {
    const { ws } = this.#composer;
    const when = before?.when;
    if (!when) return this.#undo(id);
    await this.#tryTo(async () => {
      const post = await requests.reschedule(ws, id, { local: when.local, zone: when.zone });
      toasts.say(said('kept', post));
    });
  }

  async #recreate(again: Parameters<typeof requests.create>[1]): Promise<void> {
    const { ws } = this.#composer;
    await this.#tryTo(async () => {
      const { data } = await requests.create(ws, again);
      toasts.say(t('composer-back'), {
        link: { href: paths.editPost(ws, data.id), label: t('composer-open') }
      });
    });
  }

  async #tryTo(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      toasts.fail(errorText(error));
    }
    await requests.refresh(this.#client, this.#composer.ws);
  }
}

/** In ten seconds by the server's clock. */
const soon = (skew: number): string => new Date(Date.now() + skew + GRACE).toISOString();

const isPast = (error: unknown): boolean =>
  error instanceof ApiError && (error.problem?.issues ?? []).some(({ code }) => code === 'time_past');

const sameTime = (post: Post, when: { local: string; zone: string }): boolean => {
  const planned = fromPost(post).when;
  return planned?.local === when.local && planned.zone === when.zone;
};

function said(how: 'scheduled' | 'kept', post: Post | undefined): string {
  if (!post?.when) return t('saved');
  const args = { time: dateTime(post.when.local), zone: city(post.when.zone) };
  return how === 'scheduled' ? t('composer-scheduled', args) : t('composer-kept', args);
}
