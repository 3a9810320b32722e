import { t } from '$lib/i18n';
import { city, instant, relative } from '$lib/i18n/format';
import type { Standing } from './standing';

/** The answer to the one question of the page: does it work? */
export interface Verdict {
  tone: 'ok' | 'warn' | 'bad';
  title: string;
  why: string;
}

export function verdict(status: Standing, zone: string, now: number = Date.now()): Verdict {
  const { overdue, next_due: next } = status;
  const oldest = relative(overdue.oldest_due ?? new Date(now).toISOString(), now);
  if (status.publishing === 'paused')
    return { tone: 'warn', title: t('standing-paused'), why: paused(status, now) };
  if (status.publishing === 'stuck') {
    const title = t('standing-stuck', { count: overdue.count });
    return { tone: 'bad', title, why: t('standing-stuck-why', { when: oldest }) };
  }
  if (overdue.count > 0) {
    const title = t('standing-late', { count: overdue.count });
    return { tone: 'warn', title, why: t('standing-late-why', { when: oldest }) };
  }
  const why = next
    ? t('standing-ok-next', { when: instant(next, zone), zone: city(zone) })
    : t('standing-ok-none');
  return { tone: 'ok', title: t('standing-ok'), why };
}

function paused({ paused_at: at, paused_by: by, instance_paused: all }: Standing, now: number): string {
  const when = relative(at ?? new Date(now).toISOString(), now);
  if (all) return t('standing-paused-instance', { when });
  return by ? t('standing-paused-by', { name: by.name, when }) : t('standing-paused-since', { when });
}

/** Whether a person of the workspace can let publishing go on: what the operator stopped, they cannot. */
export const resumable = (status: Standing): boolean =>
  status.publishing === 'paused' && !status.instance_paused;
