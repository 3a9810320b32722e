import type { MessageId } from '$lib/i18n';

/** A key and what it does. */
export interface Shortcut {
  /** `mod+k`, `c`, `g c`, `?`; `mod` is ⌘ on a Mac and Ctrl elsewhere. */
  keys: string;
  label: MessageId;
  /** The heading it stands under in the help. */
  group: 'global' | 'go' | 'calendar' | 'composer' | 'inbox';
  run: (event: KeyboardEvent) => void;
  /** Left out of the list of keys, where another one says it. */
  unlisted?: boolean;
  /** Works while a text field has the focus; only keys with a modifier should. */
  inFields?: boolean;
  /** Makes sense as a key alone: the palette does not offer it by name. */
  keyOnly?: boolean;
}

/** How long the second key of a pair may take, in milliseconds. */
const PAIR_MS = 1_200;
const STORED = 'postrider-letters';

const isMac = (): boolean => /mac|iphone|ipad/i.test(navigator.userAgent);

/** A key as it is printed on a keyboard: `⌘K`, `Ctrl+K`, `G then C`. */
export function printed(keys: string): string {
  const names: Record<string, string> = isMac()
    ? { mod: '⌘', shift: '⇧', alt: '⌥', enter: '↵', plus: '' }
    : { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', enter: 'Enter', plus: '+' };
  return keys
    .split(' ')
    .map((stroke) =>
      stroke
        .split('+')
        .map((key) => names[key] ?? key.toUpperCase())
        .join(names.plus)
    )
    .join(' ');
}

function stroke(event: KeyboardEvent): string {
  const key = event.key.toLowerCase();
  const parts = [];
  if (event.metaKey || event.ctrlKey) parts.push('mod');
  if (event.altKey) parts.push('alt');
  // `?` and the like need shift already; letters and named keys say it.
  if (event.shiftKey && (/^[a-z]$/.test(key) || key.length > 1)) parts.push('shift');
  return [...parts, key].join('+');
}

function inField(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button|submit)$/.test(target.type))
  );
}

/** What lies over the page has its own keys: those of the page below are not pressed through it. */
const inDialog = (event: KeyboardEvent): boolean =>
  event.target instanceof Element && event.target.closest('[role="dialog"]') !== null;

class Shortcuts {
  /** Whether keys without a modifier do something (WCAG 2.1.4 wants them to be switched off). */
  letters = $state(localStorage.getItem(STORED) !== 'off');
  all = $state.raw<Shortcut[]>([]);
  #first: { key: string; at: number } | undefined;

  /** Adds keys; the answer takes them away. A later one of the same keys wins. */
  add(list: Shortcut[]): () => void {
    this.all = [...this.all, ...list];
    return () => (this.all = this.all.filter((shortcut) => !list.includes(shortcut)));
  }

  setLetters(on: boolean): void {
    this.letters = on;
    localStorage.setItem(STORED, on ? 'on' : 'off');
  }

  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const key = stroke(event);
    const pair =
      this.#first && event.timeStamp - this.#first.at < PAIR_MS ? `${this.#first.key} ${key}` : undefined;
    this.#first = undefined;
    const found = this.#find(pair, event) ?? this.#find(key, event);
    if (found) {
      event.preventDefault();
      found.run(event);
    } else if (
      this.letters &&
      !inField(event) &&
      this.all.some((shortcut) => shortcut.keys.startsWith(`${key} `))
    ) {
      this.#first = { key, at: event.timeStamp };
    }
  }

  #find(keys: string | undefined, event: KeyboardEvent): Shortcut | undefined {
    const found = this.all.findLast((shortcut) => shortcut.keys === keys);
    if (!found || (inField(event) && !found.inFields)) return undefined;
    const bare = !found.keys.includes('mod') && !found.keys.includes('alt');
    const named = ['escape', 'arrowleft', 'arrowright', 'arrowup', 'arrowdown'].includes(found.keys);
    return bare && ((!named && !this.letters) || inDialog(event)) ? undefined : found;
  }
}

export const shortcuts = new Shortcuts();
