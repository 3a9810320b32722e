import { SvelteMap } from 'svelte/reactivity';
import { byUrgency, type Row } from './rows';

/** A row that was decided here: it stays where it was and says what happened. */
interface Kept {
  row: Row;
  said: string;
  /** It has left the list of what waits; if it comes back it waits again. */
  gone: boolean;
}

/** A row as it is shown. */
export interface ShownRow extends Row {
  /** What was decided; nothing while it waits. */
  said?: string;
}

/** The inbox while somebody works through it. */
export class Triage {
  #kept = new SvelteMap<string, Kept>();

  /** Notes that a row was decided. */
  keep(row: Row, said: string): void {
    this.#kept.set(row.delivery.id, { row, said, gone: false });
  }

  /** Compares with what waits now: who left may come back. */
  note(fresh: Row[]): void {
    const waits = (id: string) => fresh.some((row) => row.delivery.id === id);
    for (const [id, kept] of this.#kept) {
      if (!waits(id) && !kept.gone) this.#kept.set(id, { ...kept, gone: true });
      if (waits(id) && kept.gone) this.#kept.delete(id);
    }
  }

  /** What waits, with what was decided in its old place. */
  shown(fresh: Row[]): ShownRow[] {
    const waiting = fresh.map((row): ShownRow => {
      const kept = this.#kept.get(row.delivery.id);
      return kept ? { ...kept.row, said: kept.said } : row;
    });
    const waits = (id: string) => fresh.some((row) => row.delivery.id === id);
    const left = [...this.#kept.values()].filter(({ row }) => !waits(row.delivery.id));
    return [...waiting, ...left.map(({ row, said }) => ({ ...row, said }))].toSorted(byUrgency);
  }
}
