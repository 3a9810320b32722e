import type { Channel, Post, Schemas } from '$lib/api';
import type { Copy } from './local';
import {
  emptyDraft,
  fromPost,
  isEmpty,
  newPart,
  same,
  shownParts,
  unfork,
  withParts,
  type Draft,
  type LocalTime,
  type MediaRef,
  type Part,
  type Settings,
  type Tab,
  type Variant
} from './model';
import { problems, type Spot, type Target } from './pointers';
import { Preflight } from './preflight.svelte';
import { wallClock, type Versioned } from './requests';
import { Saver } from './saver.svelte';
import { proposed } from './when';

/** What an address asks the composer to begin with. */
export interface Wanted {
  at?: string;
  channels: string[];
  text?: string;
  media: string[];
}

export interface Start {
  /** Who writes. */
  who: string;
  ws: string;
  zone: string;
  stored?: Versioned;
  /** What was written before in this browser and not sent. */
  copy?: Copy;
  /** The time that was chosen for a stored draft. */
  when?: LocalTime | null;
  wanted?: Wanted;
  /** Where it opens, in a stored one. */
  spot?: Spot;
  /** The channels that were ticked last. */
  ticked?: string[];
}

/** What it begins with, unless this browser has something newer. */
function beginning({ stored, wanted, ticked, zone, when }: Start): Draft {
  if (stored) {
    const draft = upcoming(fromPost(stored.data), stored.data);
    return { ...draft, when: when ?? draft.when };
  }
  const channels = wanted && wanted.channels.length > 0 ? wanted.channels : (ticked ?? []);
  return {
    ...emptyDraft(),
    parts: [
      newPart(
        wanted?.text ?? '',
        (wanted?.media ?? []).map((id) => ({ id }) as MediaRef)
      )
    ],
    variants: channels.map((channel) => ({ channel, settings: {} })),
    when: wanted?.at ? { local: wanted.at, zone } : null
  };
}

/** A time that has passed is no proposal. */
const upcoming = (draft: Draft, post: Post): Draft =>
  post.when && Date.parse(post.when.at) < Date.now() ? { ...draft, when: null } : draft;

/** A post while it is written: the text, the tabs, what the check says and how far it is saved. */
export class Composer {
  readonly ws: string;
  readonly zone: string;
  readonly saver: Saver;
  readonly preflight: Preflight;
  draft = $state.raw<Draft>(emptyDraft());
  tab = $state<Tab>('all');
  /** Somebody asked for it to go out. */
  asked = $state(false);
  /** What a fix replaced, so that it can come back. */
  before = $state.raw<{ draft: Draft; said: string }>();
  /** It was found in this browser, not on the server. */
  restored = $state(false);
  /** Now, in milliseconds and by the half minute: the proposed time moves on while somebody writes. */
  now = $state(Date.now());
  /** The fields of the screen, to lead to one of them. */
  lead: (target: Target) => void = () => {};
  readonly #origin: Draft;
  #aside: Record<string, Variant> = {};
  #clock: ReturnType<typeof setInterval>;

  constructor(start: Start) {
    this.ws = start.ws;
    this.zone = start.zone;
    this.#origin = beginning({ ...start, copy: undefined });
    const { copy, stored } = start;
    // Whoever pressed a time of the calendar means that one.
    const when = this.#origin.when;
    this.draft = copy ? { ...copy.draft, ...(start.wanted?.at ? { when } : {}) } : this.#origin;
    const apart = copy !== undefined && !(stored && same(copy.draft, fromPost(stored.data)));
    this.restored = apart && !isEmpty(this.draft);
    this.saver = new Saver({ who: start.who, ws: start.ws, stored: start.stored, copy: start.copy });
    this.preflight = new Preflight(start.ws);
    this.#clock = setInterval(() => (this.now = Date.now()), 30_000);
    if (apart) this.saver.changed(this.draft);
    // Somebody else saved it while this lay here.
    if (apart && stored && copy.etag !== stored.etag) this.saver.disagree(stored);
    if (!this.empty) this.#check();
  }

  get empty(): boolean {
    return isEmpty(this.draft);
  }

  /** Whether problems are shown: not before anybody wrote something, or asked for it to go out. */
  get telling(): boolean {
    return this.asked || !this.empty;
  }

  get post(): Post | undefined {
    return this.saver.stored?.data;
  }

  /** It is on the schedule, so that a change of it goes out. */
  get scheduled(): boolean {
    return !this.saver.automatic;
  }

  get parts(): Part[] {
    return shownParts(this.draft, this.tab);
  }

  /** The time it would go out at: the chosen one, or one that is proposed. */
  get when(): LocalTime {
    return this.draft.when ?? proposed(this.now, this.zone);
  }

  get problems() {
    return problems(this.preflight.issues);
  }

  /** Whether the tab shows parts that this channel has for itself. */
  forked(channel: Tab): boolean {
    return this.draft.variants.some((own) => own.channel === channel && own.parts !== undefined);
  }

  /** Those who get what the tab shows. */
  audience(channels: Channel[]): Channel[] {
    const has = (channel: Channel) =>
      this.tab === 'all'
        ? this.draft.variants.some((own) => own.channel === channel.id && !own.parts)
        : channel.id === this.tab;
    return channels.filter(has);
  }

  edit(change: (draft: Draft) => Draft): void {
    this.draft = change(this.draft);
    this.restored = false;
    this.saver.changed(this.draft);
    this.#check();
  }

  /** Changes the parts of a tab: the one that is shown, unless a file arrives for another. */
  editParts(change: (parts: Part[]) => Part[], tab: Tab = this.tab): void {
    this.before = undefined;
    this.edit((draft) => withParts(draft, tab, change));
  }

  editPart(key: string, change: Partial<Omit<Part, 'key'>>, tab: Tab = this.tab): void {
    this.editParts((parts) => parts.map((part) => (part.key === key ? { ...part, ...change } : part)), tab);
  }

  setWhen(when: LocalTime | null): void {
    this.edit((draft) => ({ ...draft, when }));
  }

  setLabels(labels: string[]): void {
    this.edit((draft) => ({ ...draft, labels }));
  }

  setSettings(channel: string, settings: Settings): void {
    this.edit((draft) => ({
      ...draft,
      variants: draft.variants.map((own) => (own.channel === channel ? { ...own, settings } : own))
    }));
  }

  /** Ticks a channel or takes it off. What was written for it comes back with it. */
  toggle(channel: string): void {
    const own = this.draft.variants.find((variant) => variant.channel === channel);
    if (own) {
      this.#aside[channel] = own;
      if (this.tab === channel) this.tab = 'all';
    }
    const back = this.#aside[channel] ?? { channel, settings: {} };
    this.edit((draft) => ({
      ...draft,
      variants: own
        ? draft.variants.filter((variant) => variant.channel !== channel)
        : [...draft.variants, back]
    }));
  }

  reset(channel: string): void {
    this.edit((draft) => unfork(draft, channel));
  }

  /** Takes over what a fix made of it. */
  fixed(body: Pick<Schemas['FixedPost'], 'parts' | 'channels'>, said: string): void {
    const before = this.draft;
    const after = fromPost({ ...body, labels: before.labels });
    this.edit(() => ({ ...after, when: before.when }));
    this.before = { draft: before, said };
  }

  unfix(): void {
    const { before } = this;
    if (!before) return;
    this.before = undefined;
    this.edit(() => before.draft);
  }

  /** Goes on with another content, such as theirs in a conflict, as the one that the server has. */
  replace(draft: Draft): void {
    this.draft = draft;
    this.tab = 'all';
    this.saver.settle(draft);
    this.#check();
  }

  /** Begins with what it would have begun with, had nothing been found here; the answer takes that back. */
  startAfresh(): () => void {
    const found = this.draft;
    this.tab = 'all';
    this.edit(() => this.#origin);
    return () => this.edit(() => found);
  }

  /** Checks now; whether nothing stands against it. */
  async checked(): Promise<boolean> {
    this.asked = true;
    this.now = Date.now();
    await this.preflight.check(this.draft, wallClock(this.when));
    return this.preflight.errors.length === 0;
  }

  /** The server has everything that is written, or it says why not. */
  async saved(): Promise<boolean> {
    this.saver.note(this.draft);
    for (let tries = 0; tries < 3; tries += 1) {
      if (await this.saver.flush()) return true;
      if (this.saver.state !== 'pending') return false;
    }
    return false;
  }

  /**
   * It was put on the schedule, or taken off it, as it was `written`; whether somebody wrote on meanwhile.
   * What they wrote then stands open against it.
   */
  adopt(post: Post, written: Draft): boolean {
    this.saver.adopt(post);
    if (this.draft === written) return false;
    if (post.when && this.draft.when === written.when) {
      this.draft = { ...this.draft, when: fromPost(post).when };
    }
    return true;
  }

  /** What it is checked against has changed, such as a file that is ready now. */
  recheck(): void {
    this.preflight.forget();
    if (!this.empty) this.#check();
  }

  leave(): void {
    clearInterval(this.#clock);
    this.preflight.close();
    this.saver.leave();
  }

  #check(): void {
    this.preflight.changed(this.draft, wallClock(this.when));
  }
}
