import type { Delivery } from '$lib/api';
import * as paths from '$lib/paths';
import { fieldOf, type Remedy } from './remedy';

/** Where a remedy is that is not done here; nothing for those that are. */
export function placeOf(remedy: Remedy, ws: string, delivery: Delivery): string | undefined {
  switch (remedy) {
    case 'edit':
    case 'media':
      return paths.editPost(ws, delivery.post, whereIn(remedy, delivery));
    case 'reconnect':
    case 'channel':
    case 'operator':
      return paths.channel(ws, delivery.channel.id);
    default:
      return undefined;
  }
}

/** The channel's tab of the composer, and the field that was refused. */
function whereIn(remedy: Remedy, delivery: Delivery): Record<string, string> {
  const field = fieldOf(delivery) || (remedy === 'media' ? '/media' : '');
  return { channel: delivery.channel.id, ...(field && { field }) };
}
