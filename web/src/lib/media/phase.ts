import { t } from '$lib/i18n';
import { percent } from '$lib/i18n/format';
import type { UploadItem } from './uploads.svelte';

/** How far an upload is, in words. */
export function phaseText(item: UploadItem): string {
  const share = percent(item.share);
  switch (item.phase) {
    case 'sending':
      return t('media-phase-sending', { share });
    case 'paused':
      return t('media-phase-paused', { share });
    case 'lost':
      return t('media-phase-lost', { share });
    case 'failed':
      return item.problem ?? t('media-failed', { file: item.print.name });
    default:
      return t(`media-phase-${item.phase}`);
  }
}
