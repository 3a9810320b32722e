// One page for all addresses: the server knows nothing of the screens.
export const ssr = false;
export const prerender = false;
