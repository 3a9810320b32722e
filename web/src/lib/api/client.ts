import createClient, { type Middleware } from 'openapi-fetch';
import { ApiError, type Problem } from './problem';
import type { paths } from './schema';

type Listener = () => void;
const loggedOut = new Set<Listener>();

/** Calls `listener` when a request is refused because the session has ended. */
export function onLoggedOut(listener: Listener): () => void {
  loggedOut.add(listener);
  return () => loggedOut.delete(listener);
}

/** A key that makes a repeated POST harmless: the server answers the second with the first answer. */
export const idempotencyKey = (): string => crypto.randomUUID();

async function problemOf(response: Response): Promise<Problem | undefined> {
  try {
    return (await response.clone().json()) as Problem;
  } catch {
    return undefined;
  }
}

const middleware: Middleware = {
  onRequest({ request }) {
    if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) {
      request.headers.set('Idempotency-Key', idempotencyKey());
    }
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    // A wrong password is no ended session.
    if (response.status === 401 && schemaPath !== '/api/v1/sessions') loggedOut.forEach((tell) => tell());
    throw new ApiError(response.status, await problemOf(response));
  },
  onError({ error }) {
    return error instanceof ApiError ? error : new ApiError(0, undefined);
  }
};

/** The API, typed by its own document. A refusal is thrown as `ApiError`. */
export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' });
api.use(middleware);

/** The body of an answer that is known to have one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}

/** The body together with the version that `If-Match` wants back. */
export async function versioned<T>(
  answer: Promise<{ data?: T; response: Response }>
): Promise<{ data: T; etag: string }> {
  const { data, response } = await answer;
  return { data: data as T, etag: response.headers.get('etag') ?? '' };
}
