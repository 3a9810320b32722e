import type { Shortcut } from '$lib/shell/shortcuts.svelte';
import type { Actions } from './actions.svelte';
import type { Composer } from './state.svelte';

interface Screen {
  publisher: () => boolean;
  split: () => void;
  move: (by: -1 | 1) => void;
  tab: (index: number) => void;
  preview: () => void;
}

/** The keys of the composer; they work while somebody writes. */
export function composerKeys(composer: Composer, actions: Actions, screen: Screen): Shortcut[] {
  const key = (keys: string, label: Shortcut['label'], run: () => void): Shortcut => ({
    keys,
    label,
    group: 'composer',
    inFields: true,
    run
  });
  const publish = (work: () => Promise<void>) => () =>
    void (screen.publisher() ? work() : actions.keepAsDraft());
  return [
    key(
      'mod+enter',
      'composer-schedule',
      publish(() => actions.schedule())
    ),
    key(
      'mod+shift+enter',
      'composer-now',
      publish(() => actions.now())
    ),
    key('mod+s', 'composer-save', () => void actions.save()),
    key('mod+alt+enter', 'composer-split', screen.split),
    key('alt+arrowup', 'composer-up', () => screen.move(-1)),
    key('alt+arrowdown', 'composer-down', () => screen.move(1)),
    key('mod+/', 'composer-toggle-preview', screen.preview),
    ...Array.from({ length: 9 }, (_, index) => ({
      ...key(`mod+${index + 1}`, 'composer-go-tab', () => screen.tab(index)),
      // One of them stands for all in the list of keys.
      unlisted: index > 0
    }))
  ];
}
