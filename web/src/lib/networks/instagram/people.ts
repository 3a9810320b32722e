/** Whom a post on Instagram names besides its account. */
import { textsOf } from '../preview';

/** Those who are invited to publish it too. */
export const collaborators = (settings: Record<string, unknown>): string[] =>
  textsOf(settings, 'collaborators');

/** Those who are tagged in a file, counted from 0; whoever is tagged in none is in the first. */
export function tagged(settings: Record<string, unknown>, file: number): string[] {
  const tags = Array.isArray(settings.user_tags) ? (settings.user_tags as unknown[]) : [];
  return tags.flatMap((tag) => {
    const { name, file: at = 1 } = (tag ?? {}) as { name?: unknown; file?: unknown };
    return typeof name === 'string' && name !== '' && at === file + 1 ? [name] : [];
  });
}
