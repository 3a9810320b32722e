import { createSubscriber } from 'svelte/reactivity';

/** How often what is told relative to the present is told anew, in milliseconds. */
const TICK_MS = 20_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** The present, in milliseconds; whoever shows it is updated as it passes. */
export function now(): number {
  subscribe();
  return Date.now();
}
