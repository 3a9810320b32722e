import { queryOptions } from '@tanstack/svelte-query';
import { api, body, type Schemas } from '$lib/api';
import { keys } from '$lib/api/queries';

export type ReviewKit = Schemas['ReviewKit'];
export type ReviewPermission = Schemas['ReviewPermission'];

/** What the app review of a network asks for; for admins. */
export const reviewKit = (ws: string, connector: string) =>
  queryOptions({
    // Entering keys changes what is missing, so it stands below them.
    queryKey: [...keys.platformApps(ws), 'review', connector],
    queryFn: () =>
      body(
        api.GET('/api/v1/workspaces/{ws}/connectors/{connector}/review-kit', {
          params: { path: { ws, connector } }
        })
      ),
    staleTime: 30_000
  });

/** A list as it is pasted: every item with its number. */
export const numbered = (items: string[]): string =>
  items.map((item, index) => `${index + 1}. ${item}`).join('\n');

/** The script of a recording as it is pasted, with the words for what is shown and said. */
export const script = (shots: ReviewPermission['recording'], show: string, say: string): string =>
  numbered(shots.map((shot) => `${show}: ${shot.show}\n   ${say}: ${shot.say}`));
