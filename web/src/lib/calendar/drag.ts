import type { Card } from './cards';
import type { Lift } from './lift.svelte';
import { droppedAt, edge, scrollSpeed } from './moves';

/** How far a mouse or pen goes before it carries, in pixels. */
const CARRIES_PX = 4;
/** How long a finger rests on a card before it is lifted, in milliseconds. */
const LIFTS_MS = 250;
/** How far a resting finger may wander; beyond it scrolls. */
const RESTS_PX = 8;
/** How long a card is held to the side before the week turns, in milliseconds. */
const TURNS_MS = 600;

/** The grid that cards are dragged in. */
export interface Ground {
  lift: Lift;
  /** What scrolls; it stays while weeks turn, so it holds the pointer. */
  scroller: () => HTMLElement | undefined;
  /** The seven days, without heads and hours. */
  grid: () => HTMLElement | undefined;
  /** How high the heads are that lie over the grid. */
  head: () => number;
  days: () => readonly string[];
  card: (key: string) => Card | undefined;
  /** Whether it may be carried; says why not. */
  allowed: (card: Card) => boolean;
  turn: (step: -1 | 1) => void;
  drop: () => void;
}

interface Press {
  id: number;
  touch: boolean;
  element: HTMLElement;
  card: Card;
  /** Where the card was taken, from its upper edge. */
  grab: number;
  start: { x: number; y: number };
  /** It came to nothing: the rest of it is passed over, and so is its click. */
  over: boolean;
  last: { x: number; y: number };
}

/**
 * Dragging by mouse, pen and finger. The card that is carried is never moved in the document: a browser
 * lets go of the pointer of a node that moves. A finger scrolls as ever unless it rests on a card first.
 */
export class Drag {
  readonly #ground: Ground;
  #press: Press | undefined;
  #lifting: ReturnType<typeof setTimeout> | undefined;
  #turning: { step: -1 | 1; timer: ReturnType<typeof setTimeout> } | undefined;
  #frame = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** To be called when a pointer goes down in the grid. */
  press(event: PointerEvent): void {
    const target = event.target instanceof Element ? event.target : undefined;
    const element = target?.closest<HTMLElement>('[data-card]');
    const card = element && this.#ground.card(element.dataset.card ?? '');
    if (!event.isPrimary || event.button !== 0 || !element || !card || target?.closest('button')) return;
    const point = { x: event.clientX, y: event.clientY };
    this.#press = {
      id: event.pointerId,
      touch: event.pointerType === 'touch',
      element,
      card,
      grab: point.y - element.getBoundingClientRect().top,
      start: point,
      over: false,
      last: point
    };
    this.#listen(true);
    if (this.#press.touch) this.#lifting = setTimeout(() => this.#begin(), LIFTS_MS);
  }

  /** Lets go of everything, as when the grid goes away. */
  stop(): void {
    this.#listen(false);
    clearTimeout(this.#lifting);
    clearTimeout(this.#turning?.timer);
    cancelAnimationFrame(this.#frame);
    this.#turning = undefined;
    this.#press = undefined;
  }

  get #carrying(): boolean {
    return this.#ground.lift.active && this.#ground.lift.by === 'pointer';
  }

  #listen(on: boolean): void {
    const change = on ? 'addEventListener' : 'removeEventListener';
    window[change]('pointermove', this.#move as EventListener);
    window[change]('pointerup', this.#up as EventListener);
    window[change]('pointercancel', this.#cancel as EventListener);
    window[change]('keydown', this.#key as EventListener, { capture: true });
    // Only a listener at the touched node itself is heard after the node is gone.
    const element = this.#press?.element;
    element?.[change](
      'touchmove',
      this.#hold as EventListener,
      { passive: false } as AddEventListenerOptions
    );
    element?.[change]('contextmenu', this.#hold as EventListener);
  }

  readonly #hold = (event: Event): void => {
    if (this.#carrying && event.cancelable) event.preventDefault();
  };

  readonly #move = (event: PointerEvent): void => {
    const press = this.#press;
    if (!press || press.over || event.pointerId !== press.id) return;
    press.last = { x: event.clientX, y: event.clientY };
    if (this.#carrying) return this.#follow();
    const far = Math.hypot(press.last.x - press.start.x, press.last.y - press.start.y);
    if (press.touch) {
      if (far > RESTS_PX) this.stop();
    } else if (far > CARRIES_PX) {
      this.#begin();
    }
  };

  readonly #up = (event: PointerEvent): void => {
    if (event.pointerId !== this.#press?.id) return;
    const carried = this.#carrying;
    if (carried || this.#press.over) swallowClick();
    this.stop();
    if (carried) this.#ground.drop();
  };

  readonly #cancel = (event: PointerEvent): void => {
    if (event.pointerId !== this.#press?.id) return;
    this.stop();
    this.#ground.lift.cancel();
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.#carrying) return;
    event.preventDefault();
    event.stopPropagation();
    this.#aim(0);
    if (this.#press) this.#press.over = true;
    this.#ground.lift.cancel();
  };

  #begin(): void {
    const press = this.#press;
    if (!press) return;
    if (!this.#ground.allowed(press.card)) {
      press.over = true;
      return;
    }
    this.#ground.lift.start(press.card, 'pointer');
    this.#ground.scroller()?.setPointerCapture(press.id);
    if (press.touch) navigator.vibrate?.(10);
    this.#follow();
    this.#frame = requestAnimationFrame(this.#scroll);
  }

  /** Shows the card at the time under the pointer, and turns the week at the sides. */
  #follow(): void {
    const grid = this.#ground.grid();
    const press = this.#press;
    if (!grid || !press) return;
    const box = grid.getBoundingClientRect();
    const rtl = getComputedStyle(grid).direction === 'rtl';
    this.#ground.lift.to(droppedAt(press.last, press.grab, box, this.#ground.days(), rtl));
    this.#aim(edge(press.last.x, this.#visible(box), rtl));
  }

  /** The part of the grid that is seen, where it is wider than its window. */
  #visible(box: DOMRect): DOMRect {
    const scroller = this.#ground.scroller()?.getBoundingClientRect() ?? box;
    const left = Math.max(box.left, scroller.left);
    return new DOMRect(left, box.top, Math.min(box.right, scroller.right) - left, box.height);
  }

  #aim(step: -1 | 0 | 1): void {
    if (step === (this.#turning?.step ?? 0)) return;
    clearTimeout(this.#turning?.timer);
    this.#turning = undefined;
    if (step === 0) return;
    const turn = () => {
      this.#ground.turn(step);
      this.#turning = { step, timer: setTimeout(turn, TURNS_MS * 2) };
    };
    this.#turning = { step, timer: setTimeout(turn, TURNS_MS) };
  }

  readonly #scroll = (): void => {
    const scroller = this.#ground.scroller();
    if (!scroller || !this.#press || !this.#carrying) return;
    const box = scroller.getBoundingClientRect();
    const speed = scrollSpeed(this.#press.last.y, box.top + this.#ground.head(), box.bottom);
    if (speed !== 0) {
      scroller.scrollTop += speed;
      this.#follow();
    }
    this.#frame = requestAnimationFrame(this.#scroll);
  };
}

/** The click that follows a drag is none. */
function swallowClick(): void {
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 0);
}
