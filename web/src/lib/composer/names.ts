import type { Channel } from '$lib/api';

/** What a channel is called on this screen: its name, or its handle where two have the same name. */
export function nameOf(channel: Channel, all: Channel[]): string {
  const twice = all.filter(({ name }) => name === channel.name).length > 1;
  return channel.name && !twice ? channel.name : channel.handle;
}
