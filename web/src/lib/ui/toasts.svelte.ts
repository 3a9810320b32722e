/** One message at the edge of the screen. */
export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
  /** Takes back what was done. */
  undo?: () => void;
  /** Leads to what it is about. */
  link?: { href: string; label: string };
}

/** How long a toast stays, in milliseconds; longer with something to press. */
const STAYS = 5_000;
const STAYS_WITH_ACTION = 10_000;

class Toasts {
  items = $state<Toast[]>([]);
  #last = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #held = new Map<number, number>();

  /** Says that something was done. */
  say(text: string, more: Pick<Toast, 'undo' | 'link'> = {}): void {
    this.#add({ text, tone: 'plain', ...more });
  }

  /** Says that something did not work. */
  fail(text: string): void {
    this.#add({ text, tone: 'bad' });
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#held.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  /** Takes back what was done last, where it can be; whether there was something. */
  undoLast(): boolean {
    const last = this.items.findLast((toast) => toast.undo);
    if (!last) return false;
    this.dismiss(last.id);
    last.undo?.();
    return true;
  }

  /** Keeps a toast while it is pointed at or focused: as often as it is held it must be released. */
  hold(id: number): void {
    this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
    clearTimeout(this.#timers.get(id));
  }

  release(toast: Toast): void {
    // The focus leaves a toast that is taken away as well.
    if (!this.items.some(({ id }) => id === toast.id)) return;
    const still = (this.#held.get(toast.id) ?? 1) - 1;
    this.#held.set(toast.id, still);
    if (still === 0) this.#start(toast);
  }

  #add(toast: Omit<Toast, 'id'>): void {
    const made = { id: ++this.#last, ...toast };
    for (const { id } of this.items.slice(0, -2)) this.dismiss(id);
    this.items = [...this.items, made];
    this.#start(made);
  }

  #start(toast: Toast): void {
    const stays = toast.undo || toast.link || toast.tone === 'bad' ? STAYS_WITH_ACTION : STAYS;
    this.#timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), stays)
    );
  }
}

export const toasts = new Toasts();
