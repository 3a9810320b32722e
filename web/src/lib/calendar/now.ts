import { localTime } from '$lib/i18n/format';

/** What the clock of a zone shows now. */
export const nowIn = (zone: string): string => localTime(new Date(), zone);
