import { ApiError } from '$lib/api';
import { errorText } from '$lib/errors';

/** A form that sends once: what is wrong with its fields, and with the whole. */
export class Form {
  busy = $state(false);
  /** What is wrong with no field in particular. */
  error = $state('');
  #fields = $state.raw<Record<string, string>>({});

  /** What is wrong with a field of the body. */
  field(name: string): string | undefined {
    return this.#fields[`/${name}`];
  }

  /** Sends, and answers whether it worked. `known`: the fields that can show their own errors. */
  async send(work: () => Promise<unknown>, known: string[] = []): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = '';
    this.#fields = {};
    try {
      await work();
      return true;
    } catch (error) {
      this.#take(error, known);
      return false;
    } finally {
      this.busy = false;
    }
  }

  #take(error: unknown, known: string[]): void {
    const issues = error instanceof ApiError ? (error.problem?.issues ?? []) : [];
    const own = issues.filter((issue) => known.some((name) => issue.field === `/${name}`));
    this.#fields = Object.fromEntries(own.map((issue) => [issue.field, issue.detail]));
    if (own.length === 0 || own.length < issues.length) this.error = errorText(error);
  }
}
