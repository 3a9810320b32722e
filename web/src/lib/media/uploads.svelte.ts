import type { Upload as Tus } from 'tus-js-client';
import { ApiError, api, body, type Media, type Problem } from '$lib/api';
import { errorText } from '$lib/errors';
import { t } from '$lib/i18n';
import { bytes } from '$lib/i18n/format';
import {
  after,
  isPassing,
  mayBegin,
  metadata,
  patience,
  print,
  readKept,
  refusal,
  same,
  unfinished,
  type Kept,
  type Phase,
  type Print,
  type UploadEvent
} from './upload';

/** How many files are sent at once. */
const PARALLEL = 2;

/** The bytes of one request: small enough for most servers in between, large enough to be quick. */
const PIECE = 16 * 1024 * 1024;

/** How often a file that is looked at is asked after, in milliseconds. */
const LOOK_AGAIN = 1_000;

/** How long a file that has arrived stays on the list, in milliseconds. */
const STAYS = 6_000;

/** What speaks tus, loaded with the first upload. */
let transport: Promise<typeof import('tus-js-client')> | undefined;

let last = 0;

/** One file on its way, or that has just arrived. */
export class UploadItem {
  readonly key = ++last;
  readonly print: Print;
  phase = $state<Phase>('queued');
  sent = $state(0);
  /** What went wrong, as a sentence. */
  problem = $state<string>();
  /** Whether the same file may work when it begins again. */
  again = $state(false);
  /** Its id, as soon as the server knows of it. */
  media = $state<string>();
  /** What became of it, once it was looked at. */
  result = $state.raw<Media>();
  /** A picture of it that needs no server. */
  preview = $state<string>();
  file: File | undefined;
  tus: Tus | undefined;
  tries = 0;

  constructor(known: Print, file?: File) {
    this.print = known;
    this.file = file;
    if (file?.type.startsWith('image/')) this.preview = URL.createObjectURL(file);
  }

  get share(): number {
    return this.print.size > 0 ? Math.min(1, this.sent / this.print.size) : 0;
  }

  go(event: UploadEvent): void {
    this.phase = after(this.phase, event);
  }

  forget(): void {
    if (this.preview) URL.revokeObjectURL(this.preview);
  }
}

/**
 * The files of a workspace on their way to the server, by tus: what has arrived stays, whatever happens to the
 * connection, the page or the computer. The server knows of a file before its first byte is sent, so that a
 * post can name it at once.
 */
export class Uploads {
  items = $state<UploadItem[]>([]);
  readonly #ws: string;
  readonly #store: string;

  constructor(ws: string) {
    this.#ws = ws;
    this.#store = `postrider-uploads-${ws}`;
    for (const kept of readKept(localStorage.getItem(this.#store))) this.items.push(this.#lost(kept));
    window.addEventListener('online', () => this.#goOn());
    window.addEventListener('pagehide', () => this.#keep());
  }

  /** The upload of a file, while it is remembered. */
  of(media: string): UploadItem | undefined {
    return this.items.find((item) => item.media === media);
  }

  /** Whether closing the page would stop something. */
  get busy(): boolean {
    return this.items.some((item) => item.file && unfinished(item.phase));
  }

  /** Begins to upload files. Each answers its id as soon as it has one, or nothing when it was refused. */
  add(files: File[]): { item: UploadItem; id: Promise<string | undefined> }[] {
    return files.map((file) => this.#accept(file));
  }

  pause(item: UploadItem): void {
    item.go('pause');
    void item.tus?.abort();
    this.#next();
  }

  resume(item: UploadItem): void {
    item.go('resume');
    this.#next();
  }

  /** Begins again with what was given up, under a new id, which is the answer. */
  async retry(item: UploadItem): Promise<string | undefined> {
    if (!item.file) return undefined;
    item.problem = undefined;
    item.again = false;
    item.tries = 0;
    item.media = undefined;
    item.tus = undefined;
    item.sent = 0;
    item.go('retry');
    return this.#announce(item);
  }

  /** Ends an upload, or takes away what was refused; a finished one only leaves the list. */
  async cancel(item: UploadItem): Promise<void> {
    const { phase, media } = item;
    this.dismiss(item);
    await item.tus?.abort();
    if (!media || phase === 'ready' || phase === 'processing') return;
    for (let tries = 0; tries < 3 && (await this.#isBusy(media, unfinished(phase))); tries += 1) {
      await new Promise((done) => setTimeout(done, patience(tries)));
    }
  }

  /** Asks for a file to be taken away; whether the server was too busy with it. */
  async #isBusy(media: string, sending: boolean): Promise<boolean> {
    const path = { ws: this.#ws, media };
    try {
      if (sending) {
        const header = { 'Tus-Resumable': '1.0.0' };
        await api.DELETE('/api/v1/workspaces/{ws}/uploads/{media}', { params: { path, header } });
      } else {
        await api.DELETE('/api/v1/workspaces/{ws}/media/{media}', { params: { path } });
      }
      return false;
    } catch (error) {
      // Otherwise it is given up by itself when it stands still; there is nothing that the person could do.
      return error instanceof ApiError && isPassing(error.status);
    }
  }

  dismiss(item: UploadItem): void {
    item.forget();
    this.items = this.items.filter((other) => other !== item);
    this.#keep();
    this.#next();
  }

  #accept(file: File): { item: UploadItem; id: Promise<string | undefined> } {
    const left = this.items.find((item) => item.phase === 'lost' && same(item.print, print(file)));
    if (left) return { item: left, id: Promise.resolve(this.#goOnWith(left, file)) };
    const item = new UploadItem(print(file), file);
    this.items.push(item);
    const why = refusal(file);
    if (!why) return { item, id: this.#announce(item) };
    this.#fail(item, t(`media-refused-${why}`, { file: file.name }));
    return { item, id: Promise.resolve(undefined) };
  }

  /** A file that was picked again after a reload goes on where it stopped. */
  #goOnWith(item: UploadItem, file: File): string | undefined {
    item.file = file;
    if (file.type.startsWith('image/')) item.preview = URL.createObjectURL(file);
    item.go('pick');
    this.#next();
    return item.media;
  }

  /** Tells the server of a file, which answers its id. */
  async #announce(item: UploadItem): Promise<string | undefined> {
    const { file } = item;
    if (!file) return undefined;
    const header = {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': file.size,
      'Upload-Metadata': metadata({ filename: file.name, filetype: file.type })
    };
    try {
      const params = { path: { ws: this.#ws }, header };
      const { response } = await api.POST('/api/v1/workspaces/{ws}/uploads', { params });
      item.media = response.headers.get('location')?.split('/').at(-1);
    } catch (error) {
      if (error instanceof ApiError && isPassing(error.status)) return this.#announceLater(item);
      this.#fail(item, sentence(error, item.print));
      return undefined;
    }
    this.#keep();
    this.#next();
    return item.media;
  }

  async #announceLater(item: UploadItem): Promise<string | undefined> {
    item.go('drop');
    await new Promise((done) => setTimeout(done, patience(item.tries++)));
    if (!this.items.includes(item)) return undefined;
    item.go('resume');
    return this.#announce(item);
  }

  #next(): void {
    const known = this.items.filter((item) => item.media || item.phase !== 'queued');
    for (const item of mayBegin(known, PARALLEL)) void this.#send(item);
  }

  #goOn(): void {
    for (const item of this.items) if (item.phase === 'waiting') item.go('resume');
    this.#next();
  }

  async #send(item: UploadItem): Promise<void> {
    item.go('begin');
    try {
      item.tus ??= await this.#tus(item);
    } catch {
      // The code itself did not arrive.
      transport = undefined;
      this.#later(item);
      return;
    }
    // It may have been paused or taken away while the code was loaded.
    if (item.phase === 'sending') item.tus.start();
  }

  async #tus(item: UploadItem): Promise<Tus> {
    const { Upload } = await (transport ??= import('tus-js-client'));
    return new Upload(item.file as File, {
      uploadUrl: `/api/v1/workspaces/${this.#ws}/uploads/${item.media}`,
      chunkSize: PIECE,
      // Trying again is done here, where the screen can say so.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onProgress: (sent) => this.#progress(item, sent),
      onSuccess: () => this.#arrived(item),
      onError: (error) => this.#stopped(item, error)
    });
  }

  #progress(item: UploadItem, sent: number): void {
    item.sent = sent;
    item.tries = 0;
  }

  #stopped(item: UploadItem, error: unknown): void {
    const answer = (error as { originalResponse?: { getStatus(): number; getBody(): string } })
      .originalResponse;
    const status = answer?.getStatus() ?? 0;
    if (!isPassing(status)) {
      // It was given up on the server, or taken away there: the same file may begin again.
      item.again = status === 404 || status === 410;
      this.#fail(item, sentence(new ApiError(status, problem(answer?.getBody())), item.print));
      return;
    }
    this.#later(item);
  }

  #later(item: UploadItem): void {
    item.go('drop');
    setTimeout(() => this.#tryAgain(item), patience(item.tries++));
    this.#next();
  }

  #tryAgain(item: UploadItem): void {
    if (item.phase !== 'waiting') return;
    item.go('resume');
    this.#next();
  }

  #fail(item: UploadItem, why: string): void {
    item.problem = why;
    item.go('fail');
    this.#keep();
    this.#next();
  }

  #arrived(item: UploadItem): void {
    item.sent = item.print.size;
    item.go('sent');
    this.#keep();
    this.#next();
    void this.#look(item);
  }

  /** Asks after a file until it was looked at. */
  async #look(item: UploadItem): Promise<void> {
    while (item.phase === 'processing' && this.items.includes(item)) {
      const file = await this.#ask(item);
      if (file?.state === 'ready') {
        item.result = file;
        item.go('ready');
        setTimeout(() => this.dismiss(item), STAYS);
      } else if (file?.state === 'failed') {
        this.#fail(item, file.problem?.detail ?? t('media-failed', { file: item.print.name }));
      } else {
        await new Promise((done) => setTimeout(done, LOOK_AGAIN));
      }
    }
  }

  async #ask(item: UploadItem): Promise<Media | undefined> {
    const path = { ws: this.#ws, media: item.media ?? '' };
    try {
      return await body(api.GET('/api/v1/workspaces/{ws}/media/{media}', { params: { path } }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.#fail(item, errorText(error));
      return undefined;
    }
  }

  #lost(kept: Kept): UploadItem {
    const item = new UploadItem(kept);
    item.media = kept.media;
    item.sent = kept.received;
    item.phase = 'lost';
    return item;
  }

  /** Writes down what a reload would stop. */
  #keep(): void {
    const kept: Kept[] = this.items
      .filter((item) => item.media && unfinished(item.phase))
      .map((item) => ({ ...item.print, media: item.media ?? '', received: item.sent }));
    if (kept.length > 0) localStorage.setItem(this.#store, JSON.stringify(kept));
    else localStorage.removeItem(this.#store);
  }
}

function problem(text: string | undefined): Problem | undefined {
  try {
    return JSON.parse(text ?? '') as Problem;
  } catch {
    return undefined;
  }
}

/** What to say of a refused upload: with the name of the file and the limit, where there is one. */
function sentence(error: unknown, file: Print): string {
  const refused = error instanceof ApiError ? error : undefined;
  const limit = Number(refused?.problem?.args?.limit);
  if (refused?.status === 413 && Number.isFinite(limit)) {
    return t('media-too-large', { file: file.name, size: bytes(file.size), limit: bytes(limit) });
  }
  if (refused?.status === 413 && !refused.problem) return t('media-too-large-between', { file: file.name });
  return errorText(error);
}

const workspaces: Record<string, Uploads> = {};

/** The uploads of a workspace. They go on while the person is on other screens. */
export const uploadsOf = (ws: string): Uploads => (workspaces[ws] ??= new Uploads(ws));
