import type { Schemas } from '$lib/api';
import type { Tone } from '$lib/status';

export type Attempt = Schemas['Attempt'];

/** A request and its answer as they are kept, without any secret. */
export interface Exchange {
  request: string;
  sent: string;
  status?: number;
  answer: string;
}

const ACTIONS = ['send', 'read', 'look', 'refresh', 'rescue', 'delete', 'edit'];
const OUTCOMES = [
  'ok',
  'rate_limited',
  'transient',
  'reauth',
  'user_action',
  'operator',
  'rejected',
  'ambiguous',
  'bug'
];

/** The messages that say what a try was and what came of it. */
export function sentence(attempt: Pick<Attempt, 'action' | 'outcome'>): { what: string; came: string } {
  const action = ACTIONS.includes(attempt.action) ? attempt.action : 'send';
  // What was taken back from a process that was gone has no outcome of its own.
  if (action === 'rescue') return { what: 'post-try-rescue', came: 'post-came-rescue' };
  const outcome = OUTCOMES.includes(attempt.outcome) ? attempt.outcome : 'bug';
  const special = action === 'look' && (outcome === 'ok' || outcome === 'ambiguous');
  const came = special || (action === 'refresh' && outcome === 'ok') ? `${action}-${outcome}` : outcome;
  return { what: `post-try-${action}`, came: `post-came-${came.replaceAll('_', '-')}` };
}

/** How a try looks: good, uncertain, or bad. */
export function tone(outcome: string): Tone {
  if (outcome === 'ok') return 'ok';
  return ['rate_limited', 'transient', 'ambiguous', 'lease_expired'].includes(outcome) ? 'warn' : 'bad';
}

/** The exchanges of a try; none where they were purged or nothing was sent. */
export const exchanges = (attempt: Pick<Attempt, 'exchanges'>): Exchange[] =>
  (attempt.exchanges ?? []).map((one) => one as unknown as Exchange);

/** JSON on several lines, so that it can be read; anything else as it is. */
export function readable(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** What to hand on in a report: the codes and what was exchanged. */
export function report(delivery: { id: string; code?: string | null }, attempts: Attempt[]): string {
  const lines = [`${delivery.id} ${delivery.code ?? ''}`.trim()];
  for (const attempt of attempts) {
    const codes = [attempt.code, attempt.platform_code, attempt.status && `HTTP ${attempt.status}`];
    lines.push(
      '',
      `${attempt.started_at} ${attempt.id} ${attempt.action} ${attempt.outcome} ${codes.filter(Boolean).join(' ')}`
    );
    if (attempt.words) lines.push(attempt.words);
    for (const one of exchanges(attempt))
      lines.push(one.request, one.sent, `→ ${one.status ?? ''} ${one.answer}`);
  }
  return lines.join('\n');
}
