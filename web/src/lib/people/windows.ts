import { t } from '$lib/i18n';

/** What is offered, in seconds. */
const OFFERED = [300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 259_200, 604_800];

const words = (seconds: number): string =>
  seconds < 3_600 || seconds % 3_600 !== 0
    ? t('workspace-missed-minutes', { minutes: Math.round(seconds / 60) })
    : t('workspace-missed-hours', { hours: seconds / 3_600 });

/** The choices of how late a post may go out by itself; what is set now is among them, whatever it is. */
export const windows = (now: number): { value: string; label: string }[] =>
  [...new Set([...OFFERED, now])]
    .sort((a, b) => a - b)
    .map((seconds) => ({ value: `${seconds}`, label: words(seconds) }));
