import { nearest } from './files';

/** How far a mouse moves before it drags, in pixels, and how long a finger rests, in milliseconds. */
const SLACK = 6;
const REST = 250;

/**
 * Dragging the entries of a list to another place, by mouse, pen and finger. The entries stay where they are
 * until the end, for an element that moves in the document loses its pointer.
 */
export class Sorting {
  from = $state<number>();
  to = $state<number>();
  x = $state(0);
  y = $state(0);
  readonly #entries: () => HTMLElement[];
  readonly #done: (from: number, to: number) => void;
  #stop: (() => void) | undefined;

  constructor(entries: () => HTMLElement[], done: (from: number, to: number) => void) {
    this.#entries = entries;
    this.#done = done;
  }

  /** A press on an entry, which may become a drag. */
  press(event: PointerEvent, index: number): void {
    if (event.button !== 0 || this.#stop) return;
    const origin = { x: event.clientX, y: event.clientY };
    const finger = event.pointerType === 'touch';
    const rest = finger ? setTimeout(() => this.#lift(index, origin), REST) : undefined;
    const leave = new AbortController();
    const on = <K extends keyof WindowEventMap>(kind: K, hear: (event: WindowEventMap[K]) => void) =>
      window.addEventListener(kind, hear, { signal: leave.signal, passive: false });
    this.#stop = () => {
      clearTimeout(rest);
      leave.abort();
      this.#stop = undefined;
      this.from = this.to = undefined;
    };
    on('pointermove', (move) => {
      const far = Math.hypot(move.clientX - origin.x, move.clientY - origin.y) > SLACK;
      if (this.from !== undefined) this.#drag(move);
      else if (far && finger) this.#stop?.();
      else if (far) this.#lift(index, origin);
    });
    on('pointerup', () => this.#drop());
    on('pointercancel', () => this.#stop?.());
    on('keydown', (key) => key.key === 'Escape' && this.from !== undefined && this.#cancel(key));
    // A lifted entry follows the finger; the page does not.
    on('touchmove', (move) => this.from !== undefined && move.preventDefault());
  }

  #lift(index: number, at: { x: number; y: number }): void {
    this.from = this.to = index;
    this.x = at.x;
    this.y = at.y;
  }

  #drag(event: PointerEvent): void {
    event.preventDefault();
    this.x = event.clientX;
    this.y = event.clientY;
    const boxes = this.#entries().map((entry) => entry.getBoundingClientRect());
    this.to = nearest(boxes, this.x, this.y);
  }

  #drop(): void {
    const { from, to } = this;
    this.#stop?.();
    if (from !== undefined && to !== undefined && from !== to) this.#done(from, to);
  }

  #cancel(event: KeyboardEvent): void {
    event.stopPropagation();
    event.preventDefault();
    this.#stop?.();
  }
}
