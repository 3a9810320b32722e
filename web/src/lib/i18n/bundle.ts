import { FluentBundle, FluentResource } from '@fluent/bundle';

// Marks around each argument would keep a right-to-left name from reordering a sentence, but they also land in
// attributes and titles, where they are read as signs; user text has elements of its own with `dir="auto"`.
export const bundle = new FluentBundle('en', { useIsolating: false });

/** Adds the messages of a file: see `scripts/messages.ts` for who calls this. */
export function register(text: string): void {
  for (const error of bundle.addResource(new FluentResource(text), { allowOverrides: true })) throw error;
}
