/**
 * The connection that this browser tab has begun. Somebody who comes back from a network by the Back key,
 * or lands on a page without its id, is told how it stands.
 */
export interface Begun {
  ws: string;
  id: string;
  platform: string;
  /** The channel that is being reconnected. */
  channel?: string;
}

const KEY = 'postrider-connection';

export const remember = (begun: Begun): void => sessionStorage.setItem(KEY, JSON.stringify(begun));
export const forget = (): void => sessionStorage.removeItem(KEY);

/** What was begun in this workspace; what cannot be read is as good as nothing. */
export function begun(ws: string): Begun | undefined {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Begun | null;
    return found?.ws === ws && found.id ? found : undefined;
  } catch {
    return undefined;
  }
}
