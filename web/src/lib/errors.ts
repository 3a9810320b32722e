import { ApiError } from './api';
import { t } from './i18n';

/** What to say of an error: the server's own sentence, else what this side knows. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return t('offline-error');
    const issues = error.problem?.issues ?? [];
    // A problem about fields says so in general; with one field its own sentence is clearer.
    if (issues.length === 1 && issues[0]) return issues[0].detail;
    return error.problem?.detail ?? t('server-error', { status: error.status });
  }
  return t('unexpected-error');
}
