import { tick } from 'svelte';
import type { Target } from './pointers';

const CONTROL = 'textarea, input, select, button, [tabindex="0"]';

/** The selector of what holds the field; its first control is taken when it is none itself. */
function place(target: Target): string {
  switch (target.kind) {
    case 'text':
      return `[data-field="text-${target.part}"]`;
    case 'delay':
      return `[data-field="delay-${target.part}"]`;
    case 'media':
      return `[data-field="media-${target.part}"]`;
    case 'setting':
      return `[data-field="settings-${target.channel}"]`;
    case 'channel':
      return `[data-field="channel-${target.channel}"]`;
    case 'channels':
    case 'labels':
    case 'when':
      return `[data-field="${target.kind}"]`;
    case 'post':
      return '[data-field="text-0"]';
  }
}

/** Opens what the field is folded into. */
function unfold(element: Element): void {
  for (let at: Element | null = element; at; at = at.parentElement) {
    if (at instanceof HTMLDetailsElement) at.open = true;
  }
}

/** The control within a holder: the item's own, where the target names one. */
function control(holder: Element, target: Target): HTMLElement | undefined {
  const item =
    target.kind === 'media' && target.item !== undefined ? `[data-item="${target.item}"]` : undefined;
  const inner = (item && holder.querySelector(item)) || holder;
  const setting =
    target.kind === 'setting' && holder.querySelector(`[data-path="${CSS.escape(target.path)}"]`);
  const within = setting || inner;
  const alt =
    target.kind === 'media' && target.alt
      ? within.querySelector<HTMLElement>('textarea, input:not([type="file"])')
      : null;
  if (alt) return alt;
  if (within.matches(CONTROL)) return within as HTMLElement;
  return within.querySelector<HTMLElement>(CONTROL) ?? undefined;
}

/** Leads to a field of the screen below `root`. */
export async function lead(root: HTMLElement, target: Target): Promise<void> {
  await tick();
  const holder = root.querySelector(place(target));
  if (!holder) return;
  unfold(holder);
  const found = control(holder, target);
  found?.focus();
  (found ?? holder).scrollIntoView({ block: 'nearest' });
}
