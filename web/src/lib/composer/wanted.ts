import type { Wanted } from './state.svelte';
import { parseLocal } from './when';

/** What an address asks the composer to begin with: `?at=…&channel=…&text=…&media=…`. */
export function wanted(query: URLSearchParams): Wanted {
  return {
    at: parseLocal(query.get('at')),
    channels: query.getAll('channel'),
    text: query.get('text') ?? undefined,
    media: query.getAll('media')
  };
}
