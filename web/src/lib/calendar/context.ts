import { getContext, setContext } from 'svelte';
import type { Actions } from './actions';
import type { Card } from './cards';
import type { Clock } from './clock.svelte';

/** What the pieces of the calendar share. */
export interface Desk {
  readonly actions: Actions;
  readonly clock: Clock;
  /** Whether the person may give posts another time. */
  readonly mayMove: boolean;
  /** Whether the person may write. */
  readonly mayWrite: boolean;
  /** Asks for another time in a dialog. */
  askMove: (card: Card) => void;
  /** Begins a post at a time. */
  write: (local: string) => void;
}

const KEY = Symbol('calendar');

export const provideDesk = (desk: Desk): Desk => setContext(KEY, desk);
export const useDesk = (): Desk => getContext<Desk>(KEY);
