import { createInfiniteQuery, infiniteQueryOptions } from '@tanstack/svelte-query';
import { api, body, type Post } from '$lib/api';
import { keys } from '$lib/api/queries';

/** How many posts are asked for at once, and how many pages at most are looked through. */
const PAGE = 100;
const PAGES = 5;
/** With as many matches nothing more is loaded. */
const ENOUGH = 8;

const pages = (ws: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.posts(ws), 'palette'],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/workspaces/{ws}/posts', {
          params: { path: { ws }, query: { limit: PAGE, cursor: pageParam } }
        })
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 60_000
  });

/** The latest posts; more of them are loaded while words are looked for and too few are found. */
export function usePosts(ws: () => string) {
  const found = createInfiniteQuery(() => pages(ws()));
  return {
    get all(): Post[] {
      return found.data?.pages.flatMap((page) => page.items) ?? [];
    },
    get looking(): boolean {
      return found.isPending || found.isFetchingNextPage;
    },
    /** Loads the next page where it may help. */
    more(matches: number): void {
      const read = found.data?.pages.length ?? 0;
      if (matches >= ENOUGH || read >= PAGES || !found.hasNextPage || found.isFetching) return;
      void found.fetchNextPage();
    }
  };
}
