import Ban from '@lucide/svelte/icons/ban';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleMinus from '@lucide/svelte/icons/circle-minus';
import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import Wrench from '@lucide/svelte/icons/wrench';
import type { Channel } from '$lib/api';
import { dynamic, t } from '$lib/i18n';
import { list, relative } from '$lib/i18n/format';
import type { Tone } from '$lib/status';
import type { Icon } from '$ui/icon';

/** How a channel is doing, the best first. */
export type Condition = 'fine' | 'limited' | 'expired' | 'operator' | 'reconnect' | 'disconnected';

/** Codes that say that the access of the instance itself is refused, not that of the account. */
const OPERATOR = ['operator_must_act', 'app_missing', 'platform_unknown', 'oauth_client_refused'];

/** Whether the last call failed: a failure that a later success has overtaken is history. */
export const failing = ({ health }: Channel): boolean =>
  Boolean(health.code_at) && (!health.ok_at || Date.parse(health.code_at ?? '') > Date.parse(health.ok_at));

export function condition(channel: Channel, now: number = Date.now()): Condition {
  const { health, state } = channel;
  if (state === 'disconnected') return 'disconnected';
  if (state === 'needs_reconnect' || health.refused_since) return 'reconnect';
  if (failing(channel) && OPERATOR.includes(health.code ?? '')) return 'operator';
  if (health.expires_at && Date.parse(health.expires_at) < now) return 'expired';
  return health.missing_scopes.length > 0 ? 'limited' : 'fine';
}

/** Whether somebody has to do something. */
export const needsSomebody = (channel: Channel): boolean =>
  ['operator', 'reconnect'].includes(condition(channel));

const LOOKS: Record<Condition, { icon: Icon; tone: Tone }> = {
  fine: { icon: CircleCheck, tone: 'ok' },
  limited: { icon: CircleMinus, tone: 'warn' },
  expired: { icon: RefreshCw, tone: 'warn' },
  operator: { icon: Wrench, tone: 'bad' },
  reconnect: { icon: TriangleAlert, tone: 'bad' },
  disconnected: { icon: Ban, tone: 'draft' }
};

/** A shape, a colour and a word. */
export const look = (found: Condition): { icon: Icon; tone: Tone; word: string } => ({
  ...LOOKS[found],
  word: dynamic(`channels-health-${found}`) ?? found
});

/** The sentence beside the word. */
export function sentence(channel: Channel, now: number = Date.now()): string {
  const { health, platform_name: platform } = channel;
  const ago = (at: string | null | undefined) => relative(at ?? channel.created_at, now);
  switch (condition(channel, now)) {
    case 'disconnected':
      return t('channels-said-disconnected', { when: ago(channel.disconnected_at) });
    case 'reconnect':
      return health.refused_since
        ? t('channels-said-reconnect', { platform, when: ago(health.refused_since) })
        : t('channels-said-reconnect-undated', { platform });
    case 'operator':
      return t('channels-said-operator');
    case 'expired':
      return t('channels-said-expired', { when: ago(health.expires_at) });
    case 'limited':
      return t('channels-said-limited', { scopes: list(health.missing_scopes) });
    case 'fine':
      return health.ok_at
        ? t('channels-said-fine', { when: ago(health.ok_at) })
        : t('channels-said-new', { when: ago(channel.created_at) });
  }
}

const ORDER: Condition[] = ['operator', 'reconnect', 'expired', 'limited', 'fine', 'disconnected'];

/** What needs somebody comes first; otherwise the order of connecting stays. */
export const inOrder = (channels: Channel[]): Channel[] =>
  [...channels].sort((a, b) => ORDER.indexOf(condition(a)) - ORDER.indexOf(condition(b)));

/** A server without its scheme; nothing for a network that has no servers. */
export function server(host: string): string {
  return /^https?:\/\//.test(host) ? host.replace(/^https?:\/\//, '').replace(/\/$/, '') : '';
}

/** Where a channel is: its network, and the server where that has many. */
export function place(channel: Channel): string {
  const host = server(channel.host);
  return host ? t('channels-on', { platform: channel.platform_name, host }) : channel.platform_name;
}

/** Keeps the direction of a name from turning the line around it. */
export const isolated = (text: string): string => `\u2068${text}\u2069`;

/** Who and where, on one line. */
export const about = (channel: Channel): string =>
  dotted(channel.handle !== channel.name && isolated(channel.handle), place(channel));

/** Short facts on one line. */
export const dotted = (...facts: (string | false | null | undefined)[]): string =>
  facts.filter(Boolean).join(' · ');
