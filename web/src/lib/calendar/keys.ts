import { goto } from '$app/navigation';
import * as paths from '$lib/paths';
import type { Session } from '$lib/shell/session.svelte';
import { shortcuts, type Shortcut } from '$lib/shell/shortcuts.svelte';
import { fixed, type Card } from './cards';
import type { Desk } from './context';
import type { Spot } from './moves';
import type { View } from './view';

/** What the keys of the calendar do it with. */
export interface Keyed {
  session: Session;
  desk: Pick<Desk, 'actions' | 'write' | 'askMove'>;
  today: () => void;
  turn: (step: -1 | 1) => void;
  view: (view: View) => void;
  filter: () => void;
  card: (key: string) => Card | undefined;
  week: () => { focused: () => Spot | undefined; liftByKeys: (key: string) => void } | undefined;
}

/** The card that has the focus, by its link or by its menu. */
const focusedKey = (): string | undefined =>
  document.activeElement?.closest<HTMLElement>('[data-card]')?.dataset.card;

/** Adds the keys; the answer takes them away. */
export function calendarKeys(on: Keyed): () => void {
  const { desk } = on;
  const card = () => on.card(focusedKey() ?? '');
  const move = (found: Card) => {
    const week = on.week();
    if (week?.focused()) week.liftByKeys(found.key);
    else if (!desk.actions.explainFixed(found)) desk.askMove(found);
  };
  const withdraw = (found: Card) => {
    const left = fixed(found) === undefined && found.published === 0;
    if (left) void desk.actions.withdraw(found);
    else if (!desk.actions.explainFixed(found)) void goto(paths.post(on.session.ws, found.post));
  };
  const withCard = (run: (found: Card) => void) => () => {
    const found = card();
    if (found) run(found);
  };
  const here = () => {
    const local = card()?.local ?? on.week()?.focused()?.local;
    if (local) desk.write(local);
    else void goto(paths.compose(on.session.ws));
  };
  const group = 'calendar' as const;
  const list: Shortcut[] = [
    { keys: 'n', label: 'calendar-new-here', group, run: here },
    { keys: 'm', label: 'calendar-move', group, run: withCard(move) },
    {
      keys: 'd',
      label: 'calendar-duplicate',
      group,
      run: withCard((found) => void desk.actions.duplicate(found.post))
    },
    { keys: 'backspace', label: 'calendar-withdraw', group, run: withCard(withdraw) },
    { keys: 'delete', label: 'calendar-withdraw', group, run: withCard(withdraw) },
    { keys: 't', label: 'calendar-today', group, run: on.today },
    { keys: 'j', label: 'calendar-next', group, run: () => on.turn(1) },
    { keys: 'k', label: 'calendar-previous', group, run: () => on.turn(-1) },
    { keys: 'f', label: 'calendar-filter', group, run: on.filter },
    { keys: '1', label: 'calendar-show-week', group, run: () => on.view('week') },
    { keys: '2', label: 'calendar-show-list', group, run: () => on.view('list') }
  ];
  return shortcuts.add(list);
}
