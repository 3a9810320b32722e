import { ApiError } from '$lib/api';
import { errorText } from '$lib/errors';
import type { Connection } from './queries';

/** Why nothing was connected. */
export interface Why {
  detail: string;
  step?: string | null;
  /** The platform's own words. */
  words?: string | null;
  /** Redirect addresses that do not match. */
  expected?: string;
  received?: string;
  correlation?: string;
}

/** From a request that was refused. */
export function whyRefused(error: unknown): Why {
  const problem = error instanceof ApiError ? error.problem : undefined;
  return {
    detail: errorText(error),
    step: problem?.step,
    words: problem?.words,
    expected: problem?.args?.expected,
    received: problem?.args?.received,
    correlation: problem?.instance
  };
}

/** From a connection that has ended without a channel. */
export function whyFailed(failure: NonNullable<Connection['failure']>): Why {
  const { detail, step, words, args, correlation } = failure;
  return { detail, step, words, correlation, expected: args.expected, received: args.received };
}
