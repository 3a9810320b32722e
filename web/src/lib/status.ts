import Ban from '@lucide/svelte/icons/ban';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CircleHelp from '@lucide/svelte/icons/circle-question-mark';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import Clock from '@lucide/svelte/icons/clock';
import Hourglass from '@lucide/svelte/icons/hourglass';
import Pencil from '@lucide/svelte/icons/pencil';
import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import type { Icon } from '$ui/icon';
import type { DeliveryState, HoldReason } from './api';
import { t } from './i18n';

/** A state as people see it: a shape and a word as well as a colour. */
export type Shown =
  | 'draft'
  | 'scheduled'
  | 'publishing'
  | 'waiting'
  | 'held'
  | 'approval'
  | 'unconfirmed'
  | 'published'
  | 'incomplete'
  | 'failed'
  | 'canceled';

export type Tone = 'draft' | 'info' | 'warn' | 'ok' | 'bad' | 'violet';

interface Look {
  icon: Icon;
  tone: Tone;
  word: string;
}

const LOOKS: Record<Shown, Omit<Look, 'word'>> = {
  draft: { icon: Pencil, tone: 'draft' },
  scheduled: { icon: Clock, tone: 'info' },
  publishing: { icon: RefreshCw, tone: 'warn' },
  waiting: { icon: Hourglass, tone: 'warn' },
  held: { icon: CirclePause, tone: 'warn' },
  approval: { icon: CircleDashed, tone: 'violet' },
  unconfirmed: { icon: CircleHelp, tone: 'bad' },
  published: { icon: CircleCheck, tone: 'ok' },
  incomplete: { icon: TriangleAlert, tone: 'warn' },
  failed: { icon: CircleAlert, tone: 'bad' },
  canceled: { icon: Ban, tone: 'draft' }
};

/** How a state looks. */
export const look = (status: Shown): Look => ({ ...LOOKS[status], word: t(`status-${status}`) });

/** What is shown for a delivery. */
export function shown(delivery: {
  state: DeliveryState;
  hold_reason?: HoldReason | null;
  incomplete?: boolean;
}): Shown {
  if (delivery.state === 'running') return 'publishing';
  if (delivery.state === 'held') return delivery.hold_reason === 'approval' ? 'approval' : 'held';
  if (delivery.state === 'published') return delivery.incomplete ? 'incomplete' : 'published';
  return delivery.state;
}

/** Whether somebody has to do something about it. */
export const needsSomebody = (status: Shown): boolean =>
  status === 'failed' || status === 'unconfirmed' || status === 'held' || status === 'incomplete';

const MILDEST: Shown[] = [
  'canceled',
  'published',
  'draft',
  'scheduled',
  'waiting',
  'publishing',
  'approval',
  'incomplete',
  'held',
  'failed',
  'unconfirmed'
];

/** One state for several deliveries: the one that matters most. */
export const worst = (states: Shown[]): Shown =>
  states.reduce((most, state) => (MILDEST.indexOf(state) > MILDEST.indexOf(most) ? state : most), 'canceled');
