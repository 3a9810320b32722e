/** Where to go after a log-in: only an address of this app. Anything else leads to the front door. */
export function next(given: string | null): string {
  if (!given || !given.startsWith('/') || given.startsWith('//') || given.includes('\\')) return '/';
  const at = new URL(given, 'http://postrider.invalid');
  return at.host === 'postrider.invalid' ? at.pathname + at.search + at.hash : '/';
}

/** The token of a printed link. It stands behind the `#`, which no server and no log sees. */
export const token = (hash: string): string => hash.replace(/^#/, '').trim();

/** The shortest password that the server takes. */
export const PASSWORD_MIN = 10;
