import { SvelteSet } from 'svelte/reactivity';

/** The cards that are chosen, by key, to be dealt with together. */
export class Selection {
  readonly keys = new SvelteSet<string>();

  get active(): boolean {
    return this.keys.size > 0;
  }

  toggle(key: string): void {
    if (!this.keys.delete(key)) this.keys.add(key);
  }

  clear(): void {
    this.keys.clear();
  }
}
