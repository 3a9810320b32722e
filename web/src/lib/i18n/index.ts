import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import type { Messages } from './keys';

// All files of the language go into one chunk; the pieces exist for those who write them.
const texts = import.meta.glob<string>('../../../messages/en/*.ftl', {
  query: '?raw',
  import: 'default',
  eager: true
});

/** The id of a message. */
export type MessageId = keyof Messages;

type Args<K extends MessageId> = keyof Messages[K] extends never ? [] : [Messages[K]];

function load(): FluentBundle {
  // Marks around each argument keep a right-to-left name from reordering the sentence; in attributes and
  // titles they are harmless.
  const bundle = new FluentBundle('en', { useIsolating: false });
  for (const text of Object.values(texts)) {
    for (const error of bundle.addResource(new FluentResource(text))) throw error;
  }
  return bundle;
}

const bundle = load();

/** The sentence of a message. Dates and figures come in already formatted: see `format.ts`. */
export function t<K extends MessageId>(id: K, ...args: Args<K>): string {
  return dynamic(id, args[0]) ?? id;
}

/** The same for an id that is only known at run time, such as a state's name; nothing when there is none. */
export function dynamic(id: string, args?: Record<string, FluentVariable>): string | undefined {
  const message = bundle.getMessage(id);
  return message?.value ? bundle.formatPattern(message.value, args) : undefined;
}
