import type { QueryClient } from '@tanstack/svelte-query';
import { keys } from '$lib/api/queries';
import { KINDS, stale, type Change } from './changes';

/** What tabs tell each other. */
type Word = { change: Change } | { reset: true } | { connected: boolean };

/** Changes that arrive together are looked up together. */
const GATHER_MS = 120;

/** Waits between tries after an answer that was no stream, in milliseconds. */
const AGAIN_MS = 5_000;

/**
 * The changes of a workspace, from one connection for all tabs of the browser: the tab that holds the
 * lock listens and hands on what it hears. When it closes, the next one in line takes over.
 */
export class Live {
  /** Whether this browser hears of changes now. Another tab may be the one that listens. */
  connected = $state(true);
  readonly #ws: string;
  readonly #client: QueryClient;
  readonly #channel: BroadcastChannel;
  readonly #leave = new AbortController();
  #source: EventSource | undefined;
  /** The server would not give a stream, and nothing else has happened since. */
  #refused = false;
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(ws: string, client: QueryClient) {
    this.#ws = ws;
    this.#client = client;
    this.#channel = new BroadcastChannel(`postrider-live-${ws}`);
    this.#channel.onmessage = (event: MessageEvent<Word>) => this.#hear(event.data);
    void this.#lead();
  }

  close(): void {
    this.#leave.abort();
    this.#source?.close();
    this.#channel.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
  }

  async #lead(): Promise<void> {
    // Without locks (an address without HTTPS that is not this machine) each tab listens by itself.
    if (!navigator.locks) return this.#listen();
    const held = () =>
      new Promise<void>((done) => {
        this.#listen();
        this.#leave.signal.addEventListener('abort', () => done());
      });
    try {
      await navigator.locks.request(`postrider-live-${this.#ws}`, { signal: this.#leave.signal }, held);
    } catch {
      // Left before its turn came.
    }
  }

  #listen(): void {
    if (this.#leave.signal.aborted) return;
    const source = new EventSource(`/api/v1/workspaces/${this.#ws}/events`);
    this.#source = source;
    let begun = false;
    source.onopen = () => {
      this.#tell({ connected: true });
      // One that comes back goes on where it broke off. A new one knows no place to go on from: what
      // changed before it opened, while nobody listened, is nobody's to tell.
      if (!begun) this.#tell({ reset: true });
      begun = true;
      this.#refused = false;
    };
    source.onerror = () => this.#broken(source);
    source.addEventListener('reset', () => this.#tell({ reset: true }));
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const { ids } = JSON.parse((event as MessageEvent<string>).data) as { ids: Record<string, string> };
        this.#tell({ change: { kind, ids } });
      });
    }
  }

  /** A browser comes back by itself, except after an answer that is no stream. */
  #broken(source: EventSource): void {
    if (this.connected) this.#tell({ connected: false });
    if (source.readyState !== EventSource.CLOSED) return;
    // A stream does not say why it was refused; where the session has ended, this does.
    if (!this.#refused) void this.#client.invalidateQueries({ queryKey: keys.me });
    this.#refused = true;
    this.#again = setTimeout(() => this.#listen(), AGAIN_MS);
  }

  #tell(word: Word): void {
    this.#channel.postMessage(word);
    this.#hear(word);
  }

  #hear(word: Word): void {
    if ('connected' in word) {
      this.connected = word.connected;
      return;
    }
    if ('reset' in word) {
      // What is being asked for just now is not asked for twice.
      void this.#client.invalidateQueries(undefined, { cancelRefetch: false });
      return;
    }
    for (const key of stale(this.#ws, word.change)) this.#waiting.push(JSON.stringify(key));
    this.#timer ??= setTimeout(() => this.#refresh(), GATHER_MS);
  }

  #refresh(): void {
    this.#timer = undefined;
    const found = this.#waiting.filter((key, index, keys) => keys.indexOf(key) === index);
    this.#waiting = [];
    for (const key of found) void this.#client.invalidateQueries({ queryKey: JSON.parse(key) as string[] });
  }
}
