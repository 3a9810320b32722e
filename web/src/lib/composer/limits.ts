import type { Channel, Connector } from '$lib/api';
import type { Limit } from './counters';

/** What a connector's descriptor says of files, as far as the composer reads it. */
interface Files {
  max_items?: number;
  alt?: { max?: number };
}

const of = (channel: Channel, connectors: Connector[]): Connector | undefined =>
  connectors.find(({ id }) => id === channel.platform);

/** The limits on the text of a channel's parts. */
export const limits = (channel: Channel, connectors: Connector[]): Limit[] =>
  of(channel, connectors)?.text ?? [];

/** Whether a channel can have more than one part. */
export const takesThreads = (channel: Channel, connectors: Connector[]): boolean =>
  of(channel, connectors)?.kinds.some(({ kind }) => kind === 'thread' || kind === 'comment') ?? false;

/** The files and the alternative text that all of the channels take. */
export function mediaLimits(channels: Channel[], connectors: Connector[]): { items?: number; alt?: number } {
  const files = channels.map(
    (channel) => (of(channel, connectors)?.descriptor as { media?: Files } | undefined)?.media
  );
  const least = (values: (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  };
  return { items: least(files.map((one) => one?.max_items)), alt: least(files.map((one) => one?.alt?.max)) };
}
