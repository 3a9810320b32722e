import { dev } from '$app/environment';
import type { Handle } from '@sveltejs/kit';

/** What the binary fills into the page (`crates/api/src/web/shell.rs`): the first word is meant without a cookie. */
const LOOKS = { theme: ['system', 'light', 'dark'], dir: ['ltr', 'rtl'], lang: ['en'] };

/** While developing there is no binary in front of the page, so its part is done here. */
export const handle: Handle = ({ event, resolve }) => {
  if (!dev) return resolve(event);
  const chosen = (name: string) => {
    const known = LOOKS[name as keyof typeof LOOKS] ?? [];
    return known.find((value) => value === event.cookies.get(name)) ?? known[0] ?? '';
  };
  return resolve(event, {
    transformPageChunk: ({ html }) => html.replace(/%pr\.(\w+)%/g, (_, name: string) => chosen(name))
  });
};
