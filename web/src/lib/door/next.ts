/**
 * Where to go after a log-in: only an address of this app. Anything else leads to the front door. `hash` is
 * what stood behind the `#`: see `paths.login`.
 */
export function next(given: string | null, hash = ''): string {
  if (!given || !given.startsWith('/') || given.includes('\\')) return '/';
  const at = new URL(given, 'http://postrider.invalid');
  // A path such as `/.//host` has no dots any more, and would then name a host.
  const own = at.host === 'postrider.invalid' && !at.pathname.startsWith('//');
  return own ? at.pathname + at.search + hash : '/';
}

/** The token of a printed link. It stands behind the `#`, which no server and no log sees. */
export const token = (hash: string): string => hash.replace(/^#/, '').trim();

/** The shortest password that the server takes. */
export const PASSWORD_MIN = 10;
