import { ApiError, type Post } from '$lib/api';
import { claim, desk, forget, keep, keyOf, newKey, type Creating } from './local';
import { fromPost, isEmpty, printed, same, saved, type Draft } from './model';
import * as requests from './requests';
import type { Versioned } from './requests';

/** How what is written stands to what the server has. */
export type SaveState = 'untouched' | 'pending' | 'saving' | 'saved' | 'offline' | 'conflict' | 'refused';

/** A pause in writing after which it is saved, in milliseconds. */
const PAUSE = 800;
/** After how long an answer that did not come is asked for again. */
const AGAIN = 5_000;

/** The calls it makes, so that tests can stand in for the server. */
export type Server = Pick<typeof requests, 'create' | 'change' | 'load'>;

interface Start {
  /** Who writes. */
  who: string;
  ws: string;
  /** The stored post, where there is one. */
  stored?: Versioned;
  /** What was written here and not sent, with the version that it changed. */
  copy?: { key: string; creating?: Creating };
  server?: Server;
}

/**
 * Keeps what is written: first in this browser, then on the server. A post that is on the schedule goes
 * out with its change, so it is sent only when somebody says so; until then this browser has it.
 */
export class Saver {
  state = $state<SaveState>('untouched');
  /** When the server last took it, in milliseconds. */
  savedAt = $state<number>();
  /** Why it was refused. */
  error = $state.raw<unknown>();
  /** The post as the server has it. */
  stored = $state.raw<Versioned>();
  /** What somebody else made of it meanwhile. */
  theirs = $state.raw<Versioned>();
  readonly #ws: string;
  readonly #desk: string;
  readonly #server: Server;
  #key: string;
  #release: () => void;
  #creating: Creating | undefined;
  #latest: Draft | undefined;
  /** What the server has, as text. */
  #sent: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #line: Promise<boolean> = Promise.resolve(true);
  #closed = false;
  #held = false;

  constructor({ who, ws, stored, copy, server = requests }: Start) {
    this.#ws = ws;
    this.#desk = desk(who, ws);
    this.#server = server;
    this.stored = stored;
    this.#creating = copy?.creating;
    this.#sent = stored ? printed(saved(fromPost(stored.data))) : '';
    this.#key = stored ? keyOf(this.#desk, stored.data.id) : (copy?.key ?? newKey(this.#desk));
    this.#release = claim(this.#key);
  }

  get id(): string | undefined {
    return this.stored?.data.id;
  }

  /** Whether it goes to the server by itself. */
  get automatic(): boolean {
    return !this.stored || this.stored.data.status === 'draft';
  }

  /** Whether the server has exactly this. */
  unchanged(draft: Draft): boolean {
    return this.#has(draft);
  }

  /** Takes note of a change. */
  changed(draft: Draft): void {
    this.#latest = draft;
    if (this.state === 'conflict') return;
    if (!this.stored && isEmpty(draft)) {
      clearTimeout(this.#timer);
      this.state = 'untouched';
      void forget(this.#key);
      return;
    }
    this.state = 'pending';
    void this.#keep(draft);
    if (this.automatic) this.#later(PAUSE);
  }

  /** What `flush` is to send, also where it is empty: somebody asked for it. */
  note(draft: Draft): void {
    this.#latest = draft;
  }

  /** Saves now and says whether the server has it all. */
  flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#line = this.#line.then(
      () => this.#send(),
      () => this.#send()
    );
    return this.#line;
  }

  /** Stops what is planned and waits for what is under way. */
  async quiet(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#line;
  }

  /**
   * Sends nothing by itself until the answer is called: the post is about to change by another way, and a
   * change that crosses it on the line would count as somebody else's. This browser still keeps it.
   */
  hold(): () => void {
    clearTimeout(this.#timer);
    this.#held = true;
    return () => {
      this.#held = false;
      const waiting = this.state === 'pending' || this.state === 'offline';
      if (waiting && this.automatic) this.#later(PAUSE);
    };
  }

  /** The screen is left: what can be sent is sent. */
  leave(): void {
    clearTimeout(this.#timer);
    const waiting = this.state === 'pending' || this.state === 'offline';
    if (waiting && this.automatic && !this.#held) void this.flush().finally(() => this.#release());
    else this.#release();
    this.#closed = true;
  }

  /** The post changed by another way, such as being scheduled. */
  adopt(post: Post): void {
    this.stored = { data: post, etag: `"${post.version}"` };
  }

  /** Somebody else's version stands against what is written here. */
  disagree(theirs: Versioned): void {
    clearTimeout(this.#timer);
    this.theirs = theirs;
    this.state = 'conflict';
  }

  /** Ends a conflict: what stands here goes on from their version. */
  settle(draft: Draft): void {
    this.stored = this.theirs ?? this.stored;
    this.#sent = this.stored ? printed(saved(fromPost(this.stored.data))) : '';
    this.theirs = undefined;
    this.state = 'pending';
    this.changed(draft);
  }

  /** Forgets this browser's copy. */
  async drop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#latest = undefined;
    this.state = this.stored ? 'saved' : 'untouched';
    await forget(this.#key);
  }

  #keep(draft: Draft, sent = false): Promise<void> {
    const { stored } = this;
    return keep({
      key: this.#key,
      ws: this.#ws,
      ...(stored ? { post: stored.data.id, etag: stored.etag } : {}),
      ...(this.#creating ? { creating: this.#creating } : {}),
      ...(sent ? { sent } : {}),
      draft,
      at: Date.now()
    });
  }

  #later(pause: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed && !this.#held) this.#timer = setTimeout(() => void this.flush(), pause);
  }

  async #send(): Promise<boolean> {
    const draft = this.#latest;
    if (this.state === 'conflict') return false;
    if (!draft || this.#has(draft)) return this.#done();
    this.state = 'saving';
    try {
      if (this.stored) await this.#change(this.stored, draft);
      else await this.#create(draft);
    } catch (error) {
      return this.#failed(error, draft);
    }
    return this.#done();
  }

  async #change({ data, etag }: Versioned, draft: Draft): Promise<void> {
    const body = saved(draft);
    this.stored = await this.#server.change(this.#ws, data.id, etag, body);
    this.#sent = printed(body);
  }

  async #create(draft: Draft): Promise<void> {
    const creating = (this.#creating ??= { key: crypto.randomUUID(), body: saved(draft) });
    await this.#keep(draft);
    const stored = await this.#server.create(this.#ws, creating);
    this.#creating = undefined;
    this.#sent = printed(creating.body);
    const [before, release] = [this.#key, this.#release];
    this.#key = keyOf(this.#desk, stored.data.id);
    this.#release = claim(this.#key);
    this.stored = stored;
    release();
    await forget(before);
  }

  /** Whether the server has all of it. */
  #has(draft: Draft): boolean {
    return this.stored !== undefined && this.#sent === printed(saved(draft));
  }

  /** The server has what was sent; what was written meanwhile waits for the next pause. */
  #done(): boolean {
    const latest = this.#latest;
    if (latest && !this.#has(latest)) {
      this.state = 'pending';
      void this.#keep(latest);
      if (this.automatic) this.#later(PAUSE);
      return false;
    }
    this.state = this.stored ? 'saved' : 'untouched';
    this.error = undefined;
    if (latest) this.savedAt = Date.now();
    // The server does not keep the time of a draft; this browser does.
    if (latest?.when && this.automatic) void this.#keep(latest, true);
    else void forget(this.#key);
    return this.stored !== undefined;
  }

  async #failed(error: unknown, draft: Draft): Promise<boolean> {
    const status = error instanceof ApiError ? error.status : undefined;
    if (status === 412) return this.#stale(draft);
    this.error = error;
    // Without an answer, or without a session, it is tried again; a refusal stands until something changes.
    if (status === 0 || status === 401 || status === 429 || (status ?? 0) >= 500) {
      this.state = 'offline';
      if (this.automatic) this.#later(AGAIN);
    } else {
      this.state = 'refused';
    }
    return false;
  }

  /** Somebody else saved it, or our own answer was lost. */
  async #stale(draft: Draft): Promise<boolean> {
    try {
      const theirs = await this.#server.load(this.#ws, this.stored?.data.id ?? '');
      if (same(draft, fromPost(theirs.data))) {
        this.stored = theirs;
        this.#sent = printed(saved(draft));
        return this.#done();
      }
      this.disagree(theirs);
      return false;
    } catch (error) {
      return this.#failed(error, draft);
    }
  }
}
