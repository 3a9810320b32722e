import type { Spot } from './pointers';
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

/** Where an address leads in a post that is there: `?channel=…&field=/media/0`. */
export function spot(query: URLSearchParams): Spot | undefined {
  const channel = query.get('channel');
  return channel ? { channel, field: query.get('field') ?? '' } : undefined;
}
