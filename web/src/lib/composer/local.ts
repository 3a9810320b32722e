import type { content, Draft } from './model';

/** A draft that is to be created: the same key with the same body again makes no second one. */
export interface Creating {
  key: string;
  body: ReturnType<typeof content> & { labels: string[] };
}

/** What this browser keeps of something that is being written, until the server has it. */
export interface Copy {
  key: string;
  ws: string;
  /** The stored post, and the version of it that was changed. */
  post?: string;
  etag?: string;
  draft: Draft;
  creating?: Creating;
  /** The server has the content; only the time, which it does not keep for drafts, is here. */
  sent?: boolean;
  /** When it was kept, in milliseconds. */
  at: number;
}

const NAME = 'postrider';
const STORE = 'written';

/** Longer than this nobody looks for what they did not send, in milliseconds. */
const KEPT = 30 * 86_400_000;

let opened: Promise<IDBDatabase> | undefined;

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps nothing'));
  });

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps nothing'));
  });
  return opened;
}

const store = async (mode: IDBTransactionMode): Promise<IDBObjectStore> =>
  (await open()).transaction(STORE, mode).objectStore(STORE);

/** In a private window there may be no database: writing then goes on without a copy. */
async function tolerant<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch {
    return otherwise;
  }
}

export const keep = (copy: Copy): Promise<void> =>
  tolerant(async () => void (await answer((await store('readwrite')).put(copy))), undefined);

export const forget = (key: string): Promise<void> =>
  tolerant(async () => void (await answer((await store('readwrite')).delete(key))), undefined);

export const find = (key: string): Promise<Copy | undefined> =>
  tolerant(async () => answer((await store('readonly')).get(key) as IDBRequest<Copy | undefined>), undefined);

/** Where a person's copies of a workspace stand: who shares a browser does not find the other's words. */
export const desk = (who: string, ws: string): string => `${who}/${ws}`;

/** The key of a stored post's copy. */
export const keyOf = (desk: string, post: string): string => `${desk}/${post}`;

const unsent = (desk: string): string => `${desk}/new/`;

/** A key for something that the server does not know yet. */
export const newKey = (desk: string): string => unsent(desk) + crypto.randomUUID();

const lock = (key: string): string => `postrider-written-${key}`;

/** Says to other tabs that this text is open here, until the answer is called. */
export function claim(key: string): () => void {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  void navigator.locks?.request(lock(key), () => held);
  return release;
}

/** The newest text that was never sent and is open in no tab: a crash left it, or a lost connection. */
export async function leftBehind(desk: string, now = Date.now()): Promise<Copy | undefined> {
  const open = new Set((await navigator.locks?.query())?.held?.map(({ name }) => name) ?? []);
  const all = await tolerant(
    async () => answer((await store('readonly')).getAll() as IDBRequest<Copy[]>),
    []
  );
  const old = all.filter(({ at }) => now - at > KEPT);
  await Promise.all(old.map(({ key }) => forget(key)));
  return all
    .filter((copy) => copy.key.startsWith(unsent(desk)) && !old.includes(copy) && !open.has(lock(copy.key)))
    .sort((a, b) => b.at - a.at)[0];
}
