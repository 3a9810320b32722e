import type { FluentVariable } from '@fluent/bundle';
import { bundle } from './bundle';
import type { Messages } from './keys';

/** The id of a message. */
export type MessageId = keyof Messages;

type Args<K extends MessageId> = keyof Messages[K] extends never ? [] : [Messages[K]];

/** The sentence of a message. Dates and figures come in already formatted: see `format.ts`. */
export function t<K extends MessageId>(id: K, ...args: Args<K>): string {
  return dynamic(id, args[0]) ?? id;
}

/** The same for an id that is only known at run time, such as a state's name; nothing when there is none. */
export function dynamic(id: string, args?: Record<string, FluentVariable>): string | undefined {
  const message = bundle.getMessage(id);
  return message?.value ? bundle.formatPattern(message.value, args) : undefined;
}
