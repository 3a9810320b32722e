import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import CalendarX from '@lucide/svelte/icons/calendar-x';
import Copy from '@lucide/svelte/icons/copy';
import ExternalLink from '@lucide/svelte/icons/external-link';
import Move from '@lucide/svelte/icons/move';
import Pencil from '@lucide/svelte/icons/pencil';
import { goto } from '$app/navigation';
import { t } from '$lib/i18n';
import * as paths from '$lib/paths';
import type { Session } from '$lib/shell/session.svelte';
import type { MenuItem } from '$ui/Menu.svelte';
import { fixed, type Card } from './cards';
import type { Desk } from './context';

/** What can be done with a card: what cannot be is left out, and the server has the last word. */
export function menuOf(card: Card, session: Session, desk: Desk, onlift?: () => void): (MenuItem | 'line')[] {
  const { ws } = session;
  const movable = desk.mayMove && fixed(card) === undefined;
  const whole = movable && card.published === 0;
  const items: (MenuItem | 'line' | false)[] = [
    {
      label: t('calendar-open'),
      icon: ExternalLink,
      keys: '↵',
      onselect: () => void goto(paths.post(ws, card.post))
    },
    desk.mayWrite &&
      whole && {
        label: t('calendar-edit'),
        icon: Pencil,
        onselect: () => void goto(paths.editPost(ws, card.post))
      },
    movable && { label: t('calendar-move'), icon: CalendarClock, onselect: () => desk.askMove(card) },
    movable && onlift !== undefined && { label: t('calendar-lift'), icon: Move, keys: 'M', onselect: onlift },
    desk.mayWrite && {
      label: t('calendar-duplicate'),
      icon: Copy,
      keys: 'D',
      onselect: () => void desk.actions.duplicate(card.post)
    },
    whole && 'line',
    whole && {
      label: t('calendar-withdraw'),
      icon: CalendarX,
      keys: '⌫',
      danger: true,
      onselect: () => void desk.actions.withdraw(card)
    }
  ];
  return items.filter((item) => item !== false);
}
