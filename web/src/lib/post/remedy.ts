import type { Delivery, HoldReason } from '$lib/api';

/**
 * What would help: an action of the API, or a place to go to. `docs/errors.md` says which failure asks
 * for which; the tables below are that page for the screens, and a test reads both.
 */
export type Remedy =
  // Done here, by an address below the delivery.
  | 'retry'
  | 'confirm'
  | 'publish_again'
  | 'release'
  | 'reschedule'
  | 'cancel'
  | 'stop'
  // Done elsewhere.
  | 'edit'
  | 'media'
  | 'reconnect'
  | 'channel'
  | 'operator'
  | 'resume'
  | 'duplicate'
  // Nobody has to do anything.
  | 'wait';

/** The classes of `docs/errors.md`, by what a failure of the class asks for when its code is unknown here. */
export const BY_CLASS: Record<string, Remedy> = {
  rate_limited: 'wait',
  transient: 'wait',
  reauth: 'reconnect',
  user_action: 'release',
  operator: 'operator',
  rejected: 'edit',
  ambiguous: 'confirm',
  bug: 'retry'
};

/** The codes that can stand on a delivery. */
export const BY_CODE: Record<string, Remedy> = {
  rate_limited: 'wait',
  budget_spent: 'wait',
  platform_down: 'wait',
  lease_lost: 'wait',
  media_rendering: 'wait',
  needs_reconnect: 'reconnect',
  permission_missing: 'reconnect',
  media_server_missing: 'reconnect',
  channel_disconnected: 'reconnect',
  channel_needs_reconnect: 'reconnect',
  // The account's owner acts at the network; then it goes on from here.
  account_unavailable: 'release',
  author_left: 'release',
  operator_must_act: 'operator',
  oauth_client_refused: 'operator',
  app_missing: 'operator',
  platform_refused: 'edit',
  quote_not_found: 'edit',
  receiver_refused: 'retry',
  internal_fault: 'retry',
  retries_exhausted: 'retry',
  storage_unavailable: 'retry',
  parent_missing: 'duplicate',
  outcome_unknown: 'confirm',
  held_approval: 'release',
  held_reconnect: 'reconnect',
  held_operator: 'operator',
  held_budget: 'release',
  held_late: 'release',
  held_paused: 'resume',
  held_restored: 'release'
};

/** A file that could not be made, or is not there any more: another one helps. */
const ABOUT_A_FILE = /^(media|video|image|animation|converter|alt|videos)_/;

/** Why it is held, where the code says nothing that is known. */
const BY_REASON: Record<HoldReason, Remedy> = {
  approval: 'release',
  reconnect: 'reconnect',
  operator: 'operator',
  budget: 'release',
  late: 'release',
  paused: 'resume',
  restored: 'release'
};

/** What the failure of a change of what is live asks for: ask again, or go to the network. */
export const BY_CHANGE: Record<string, 'again' | 'network' | 'wait'> = {
  change_unsupported: 'network',
  change_under_way: 'wait',
  change_empty: 'again',
  change_parts_differ: 'again',
  content_purged: 'network',
  change_author_left: 'again',
  change_exhausted: 'again',
  change_restored: 'again'
};

const API_ACTIONS = ['retry', 'confirm', 'publish_again', 'release', 'reschedule', 'cancel', 'stop'] as const;

/** Something that is done by an address below the delivery. */
export type ApiRemedy = (typeof API_ACTIONS)[number];

export const isApiRemedy = (remedy: Remedy): remedy is ApiRemedy =>
  (API_ACTIONS as readonly string[]).includes(remedy);

type Standing = Pick<Delivery, 'state' | 'code' | 'code_args' | 'hold_reason' | 'incomplete' | 'actions'>;

/** The field that a refusal is about, as a pointer into the part or the settings. */
export const fieldOf = (delivery: Pick<Standing, 'code_args'>): string => delivery.code_args?.field ?? '';

/** What the code and the state ask for, whether or not it is possible. */
function wanted(delivery: Standing): Remedy | undefined {
  if (delivery.state === 'unconfirmed') return 'confirm';
  const code = delivery.code ?? '';
  const known = BY_CODE[code] ?? (ABOUT_A_FILE.test(code) ? 'media' : undefined);
  if (known) return known === 'edit' && fieldOf(delivery).startsWith('/media') ? 'media' : known;
  if (delivery.state === 'held') return delivery.hold_reason ? BY_REASON[delivery.hold_reason] : 'release';
  // Any other code is a rule of the network, which the text breaks.
  return delivery.state === 'failed' ? (code ? 'edit' : 'retry') : undefined;
}

/** What is tried where the first choice is not possible now. */
const INSTEAD: Remedy[] = ['retry', 'release', 'reschedule'];

/**
 * Whether the words of a post can still be changed: the server refuses it for the whole post once a part
 * of it is out, or may be.
 */
export const isEditable = (deliveries: Pick<Delivery, 'state' | 'actions'>[]): boolean =>
  deliveries.every(
    ({ state, actions }) =>
      state === 'canceled' || (state !== 'published' && state !== 'unconfirmed' && actions.includes('cancel'))
  );

/**
 * The button of a delivery; nothing where nobody has to do anything. `editable` says that the words of
 * its post can be changed: otherwise they are written anew for its channel.
 */
export function remedy(delivery: Standing, editable = true): Remedy | undefined {
  const first = wanted(delivery);
  if (delivery.state === 'waiting' || delivery.state === 'running') return 'wait';
  if (!['failed', 'held', 'unconfirmed'].includes(delivery.state) && !delivery.incomplete) return undefined;
  const edits = first === 'edit' || first === 'media';
  // What is out is not edited any more: what is not out is tried again as it is.
  const blocked = delivery.incomplete && (edits || first === 'wait');
  if (edits && !blocked && !editable) return 'duplicate';
  if (first && !blocked && (!isApiRemedy(first) || delivery.actions.includes(first))) return first;
  return INSTEAD.find((other) => delivery.actions.includes(other as ApiRemedy)) ?? first;
}

/** What else can be done, in the order in which it is offered; what gives something up stands last. */
export function others(delivery: Standing, first = remedy(delivery)): Remedy[] {
  const order: ApiRemedy[] = ['publish_again', 'retry', 'release', 'confirm', 'reschedule', 'stop', 'cancel'];
  const possible = order.filter((action) => action !== first && delivery.actions.includes(action));
  return delivery.incomplete && first !== 'duplicate' ? [...possible, 'duplicate'] : possible;
}
