import type { components } from './schema';

export type Problem = components['schemas']['Problem'];
export type Issue = components['schemas']['Issue'];

/** A request that was refused, or that got no answer. */
export class ApiError extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }

  get code(): string {
    return this.problem?.code ?? (this.status === 0 ? 'offline' : 'unknown');
  }

  /** What is wrong with one field, named by its JSON pointer or parameter. */
  issue(field: string): Issue | undefined {
    return this.problem?.issues?.find((issue) => issue.field === field);
  }
}

/** Whether an error says that no answer came. */
export const isOffline = (error: unknown): boolean => error instanceof ApiError && error.status === 0;

/** Whether an error asks for a log-in. */
export const isLoggedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;
