import type { Delivery } from '$lib/api';
import { t } from '$lib/i18n';
import { dateTime, instant, relative } from '$lib/i18n/format';

type Standing = Pick<
  Delivery,
  'state' | 'local' | 'scheduled_at' | 'due_at' | 'published_at' | 'settled_at' | 'deleted_at' | 'edited_at'
>;

/** When something of a delivery happens or happened, as one sentence. */
export function standing(delivery: Standing, zone: string, now: number): string {
  const planned = dateTime(delivery.local);
  const at = (when: string | null | undefined) => (when ? instant(when, zone) : planned);
  switch (delivery.state) {
    case 'published':
      return published(delivery, at);
    case 'scheduled':
      return t('post-goes-out', { when: planned, relative: relative(delivery.scheduled_at, now) });
    case 'waiting':
      return t('post-waits-until', { when: at(delivery.due_at), relative: relative(delivery.due_at, now) });
    case 'running':
      return t('post-under-way');
    case 'canceled':
      return t('post-withdrawn', { when: at(delivery.settled_at) });
    default:
      return t('post-due-out', { when: planned });
  }
}

function published(delivery: Standing, at: (when: string | null | undefined) => string): string {
  if (delivery.deleted_at) return t('post-removed', { when: at(delivery.deleted_at) });
  return t('post-went-out', { when: at(delivery.published_at) });
}
