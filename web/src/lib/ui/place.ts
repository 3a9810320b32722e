/** Space between the button and the panel, and between the panel and the edge of the window, in pixels. */
const GAP = 4;
const EDGE = 8;

/** A rectangle of the window. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Where a panel stands beside its button: below it, or above where there is more room; it begins or
 * ends with the button in the direction of the text, and stays inside the window.
 */
export function place(
  anchor: Box,
  panel: { width: number; height: number },
  screen: { width: number; height: number },
  align: 'start' | 'center' | 'end',
  rtl: boolean
): { left: number; top: number } {
  const below = anchor.top + anchor.height + GAP;
  const above = anchor.top - GAP - panel.height;
  const fits = below + panel.height <= screen.height - EDGE;
  const top = fits || above < EDGE ? below : above;
  const from = {
    left: anchor.left,
    center: anchor.left + (anchor.width - panel.width) / 2,
    right: anchor.left + anchor.width - panel.width
  };
  const left = align === 'center' ? from.center : (align === 'start') === rtl ? from.right : from.left;
  const clamp = (value: number, size: number, room: number) =>
    Math.max(EDGE, Math.min(value, room - size - EDGE));
  return { left: clamp(left, panel.width, screen.width), top: clamp(top, panel.height, screen.height) };
}

/** Puts an open panel beside its button, and keeps it there while the page moves; the answer ends that. */
export function anchored(panel: HTMLElement, anchor: Element, align: 'start' | 'center' | 'end'): () => void {
  const move = () => {
    const { left, top } = place(
      anchor.getBoundingClientRect(),
      { width: panel.offsetWidth, height: panel.offsetHeight },
      { width: document.documentElement.clientWidth, height: window.innerHeight },
      align,
      getComputedStyle(anchor).direction === 'rtl'
    );
    panel.style.setProperty('left', `${left}px`);
    panel.style.setProperty('top', `${top}px`);
    panel.dataset.placed = '';
  };
  move();
  const sizes = new ResizeObserver(move);
  sizes.observe(panel);
  window.addEventListener('scroll', move, { capture: true, passive: true });
  window.addEventListener('resize', move);
  return () => {
    sizes.disconnect();
    window.removeEventListener('scroll', move, { capture: true });
    window.removeEventListener('resize', move);
    delete panel.dataset.placed;
  };
}
