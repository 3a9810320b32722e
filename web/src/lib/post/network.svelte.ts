import { createQuery } from '@tanstack/svelte-query';
import type { Delivery } from '$lib/api';
import { channels, connectors } from '$lib/api/queries';
import { useSession } from '$lib/shell/session.svelte';

/** The networks' own names, and the pages of the accounts there. */
export function useNetworks() {
  const session = useSession();
  const known = createQuery(() => connectors());
  const connected = createQuery(() => channels(session.ws));
  return {
    name: (platform: string): string => known.data?.find((one) => one.id === platform)?.name ?? platform,
    account: (delivery: Pick<Delivery, 'channel'>): string | undefined =>
      connected.data?.find((one) => one.id === delivery.channel.id)?.url ?? undefined
  };
}
