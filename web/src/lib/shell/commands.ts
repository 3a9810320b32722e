import Bell from '@lucide/svelte/icons/bell';
import Building from '@lucide/svelte/icons/building-complex';
import Keyboard from '@lucide/svelte/icons/keyboard';
import LogOut from '@lucide/svelte/icons/log-out';
import Monitor from '@lucide/svelte/icons/monitor';
import Moon from '@lucide/svelte/icons/moon';
import Pause from '@lucide/svelte/icons/circle-pause';
import Play from '@lucide/svelte/icons/circle-play';
import Plug from '@lucide/svelte/icons/plug';
import SquarePen from '@lucide/svelte/icons/square-pen';
import Sun from '@lucide/svelte/icons/sun';
import User from '@lucide/svelte/icons/user';
import Zap from '@lucide/svelte/icons/zap';
import type { Me, Workspace } from '$lib/api';
import { dynamic, t } from '$lib/i18n';
import * as paths from '$lib/paths';
import type { Icon } from '$ui/icon';
import { PLACES } from './navigation';
import { atLeast } from './session.svelte';
import type { Shortcut } from './shortcuts.svelte';
import type { Theme } from './theme.svelte';

/** What stands together in the list. */
export type CommandGroup = 'screen' | 'command' | 'go' | 'workspace';

/** Something that can be done by name. */
export interface Command {
  /** Stays the same between visits: what was used last is kept by it. */
  id: string;
  group: CommandGroup;
  label: string;
  icon: Icon;
  /** A key that does the same, as shortcuts are written. */
  keys?: string;
  run: () => unknown;
}

/** What commands are about and what they are done with. */
export interface Desk {
  me: Me;
  workspace: Workspace;
  theme: Theme;
  /** The keys of the screens that are open. */
  shortcuts: Shortcut[];
  go: (href: string) => unknown;
  setTheme: (theme: Theme) => void;
  help: () => void;
  pause: () => unknown;
  resume: () => unknown;
  logOut: () => unknown;
}

/** Everything that can be done by name where somebody is now. */
export const commandsOf = (desk: Desk): Command[] => [
  ...ofScreen(desk),
  ...ofWorkspace(desk),
  ...places(desk),
  ...themes(desk),
  ...ofPerson(desk),
  ...workspaces(desk)
];

/** The keys of a screen are commands too: who does not know the key finds it by its name. */
function ofScreen({ shortcuts }: Desk): Command[] {
  const own = shortcuts.filter(({ group, keyOnly }) => group !== 'global' && group !== 'go' && !keyOnly);
  // Two keys that do the same are one command.
  const once = own.filter(({ label }, at) => own.findIndex((other) => other.label === label) === at);
  return once.map(({ keys, label, run }) => ({
    id: `screen:${label}`,
    group: 'screen',
    label: dynamic(label) ?? label,
    icon: Zap,
    keys,
    run: () => run(new KeyboardEvent('keydown'))
  }));
}

function ofWorkspace(desk: Desk): Command[] {
  const { workspace, go } = desk;
  const ws = workspace.id;
  const found: Command[] = [];
  const add = (id: string, label: string, icon: Icon, run: () => unknown, keys?: string) =>
    found.push({ id, group: 'command', label, icon, run, keys });
  if (atLeast(workspace, 'writer')) add('new', t('new-post'), SquarePen, () => go(paths.compose(ws)), 'c');
  if (atLeast(workspace, 'admin')) {
    add('connect', t('palette-connect'), Plug, () => go(paths.newChannel(ws)));
    if (workspace.paused_at) add('resume', t('publishing-resume'), Play, desk.resume);
    else add('pause', t('publishing-pause'), Pause, desk.pause);
  }
  return found;
}

const places = ({ workspace, go }: Desk): Command[] =>
  PLACES.map((place) => ({
    id: `go:${place.label}`,
    group: 'go',
    label: dynamic(place.label) ?? place.label,
    icon: place.icon,
    keys: `g ${place.key}`,
    run: () => go(place.href(workspace.id))
  }));

const THEMES: [Theme, Icon][] = [
  ['dark', Moon],
  ['light', Sun],
  ['system', Monitor]
];

const themes = ({ theme, setTheme }: Desk): Command[] =>
  THEMES.filter(([one]) => one !== theme).map(([one, icon]) => ({
    id: `theme:${one}`,
    group: 'command',
    label: t(`palette-theme-${one}`),
    icon,
    run: () => setTheme(one)
  }));

const ofPerson = ({ go, help, logOut }: Desk): Command[] => [
  { id: 'keys', group: 'command', label: t('shortcuts'), icon: Keyboard, keys: '?', run: help },
  { id: 'profile', group: 'go', label: t('profile'), icon: User, run: () => go(paths.profile()) },
  {
    id: 'choices',
    group: 'go',
    label: t('notification-choices'),
    icon: Bell,
    run: () => go(paths.notificationChoices())
  },
  { id: 'log-out', group: 'command', label: t('log-out'), icon: LogOut, run: logOut }
];

const workspaces = ({ me, workspace, go }: Desk): Command[] =>
  me.workspaces
    .filter((one) => one.id !== workspace.id)
    .map((one) => ({
      id: `workspace:${one.id}`,
      group: 'workspace',
      label: t('palette-switch', { name: one.name }),
      icon: Building,
      run: () => go(paths.calendar(one.id))
    }));
