import { api, ApiError, type Issue, type Schemas } from '$lib/api';
import { content, isEmpty, printed, type Draft } from './model';

type Report = Schemas['PreflightReport'];

/** A pause in writing after which it is checked, in milliseconds. */
const PAUSE = 300;

/** The server's own check of what is written, a moment after it is. */
export class Preflight {
  /** What the last check said; it may be of a version of a moment ago. */
  report = $state.raw<Report>();
  checking = $state(false);
  /** What it was said of. */
  checked = $state.raw<Draft>();
  /** The server's clock less this one's, in milliseconds. */
  skew = 0;
  readonly #ws: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  #text = '';

  constructor(ws: string) {
    this.#ws = ws;
  }

  get issues(): Issue[] {
    return this.report?.issues ?? [];
  }

  /** What the server counted of each part for each channel. */
  get counts(): Schemas['TextCount'][] {
    return this.report?.counts ?? [];
  }

  get errors(): Issue[] {
    return this.issues.filter(({ severity }) => severity === 'error');
  }

  changed(draft: Draft, when: Schemas['When']): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    if (isEmpty(draft) && draft.variants.length === 0) {
      this.report = undefined;
      return;
    }
    this.#timer = setTimeout(() => void this.check(draft, when), PAUSE);
  }

  /** Checks now, unless exactly this was checked last. Without an answer what is known stays. */
  async check(draft: Draft, when: Schemas['When']): Promise<void> {
    clearTimeout(this.#timer);
    this.#running?.abort();
    const body = { ...content(draft), when };
    const text = printed(body);
    if (this.report && text === this.#text) {
      this.checked = draft;
      return;
    }
    const running = (this.#running = new AbortController());
    this.checking = true;
    try {
      const { data, response } = await api.POST('/api/v1/workspaces/{ws}/preflight', {
        params: { path: { ws: this.#ws } },
        body,
        signal: running.signal
      });
      this.#noteClock(response);
      this.report = data;
      this.checked = draft;
      this.#text = text;
    } catch (error) {
      if (!running.signal.aborted && error instanceof ApiError && error.problem?.issues) {
        this.report = { ok: false, issues: error.problem.issues, counts: this.counts };
      }
    } finally {
      if (this.#running === running) this.checking = false;
    }
  }

  /** What a refused request said, in place of a check. */
  refused(issues: Issue[]): void {
    this.report = { ok: false, issues, counts: this.counts };
    this.#text = '';
  }

  /** What was said no longer holds, though the text is the same. */
  forget(): void {
    this.#text = '';
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  /** The header has whole seconds: less than two of difference is none. */
  #noteClock(response: Response): void {
    const there = Date.parse(response.headers.get('date') ?? '');
    const apart = there - Date.now();
    this.skew = Number.isFinite(there) && Math.abs(apart) > 2_000 ? apart : 0;
  }
}
