import type { Problem } from '../contracts/problem.ts';
import { AppError } from '../core/errors.ts';

export interface ClientOptions {
  /** Where the platform answers, such as http://127.0.0.1:8080. */
  readonly url: string;
  /** API key or ID token; an embedded platform keeps one in `api.key` of its data directory. */
  readonly key?: string | undefined;
  /** Of several tenants, which. */
  readonly tenant?: string | undefined;
  /** Attempts at a call that may be repeated without harm; 1: none. */
  readonly attempts?: number;
}

export interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** May be sent again when nobody knows whether it arrived. Reading always may. */
  readonly repeatable?: boolean;
}

export type Send = (path: string, sent?: Sent) => Promise<Response>;

const ATTEMPTS = 4;
const MAX_WAIT_MS = 10_000;
/** The service said that it did nothing: safe to repeat, whatever was asked. */
const REFUSED_UNTRIED = new Set([429, 503]);

async function problemOf(response: Response): Promise<AppError> {
  const text = await response.text();
  const retryable = REFUSED_UNTRIED.has(response.status);
  try {
    const problem = JSON.parse(text) as Problem;
    const details = problem.errors ? { details: { errors: problem.errors } } : {};
    return new AppError(problem.code, problem.detail, { retryable, ...details });
  } catch {
    const said = `the platform answered ${response.status}: ${text.slice(0, 200)}`;
    return new AppError('internal', said, { retryable });
  }
}

function waitMs(response: Response | undefined, attempt: number): number {
  const asked = Number(response?.headers.get('retry-after') ?? 0) * 1_000;
  return asked + Math.random() * Math.min(2_000, 50 * 2 ** attempt);
}

/** HTTP with one key. Rejects with an AppError of the API's code, or `store_unavailable` when nobody answers. */
export function createTransport(options: ClientOptions): Send {
  const base = options.url.replace(/\/+$/, '');
  const attempts = options.attempts ?? ATTEMPTS;
  const standing = {
    ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }),
    ...(options.tenant !== undefined && { 'rodex-tenant': options.tenant }),
  };
  return async (path, sent = {}) => {
    const { method = 'GET', body, headers, signal } = sent;
    const repeatable = sent.repeatable ?? method === 'GET';
    for (let attempt = 1; ; attempt += 1) {
      let response: Response | undefined;
      let failure: AppError;
      try {
        response = await fetch(`${base}${path}`, {
          method,
          headers: {
            ...standing,
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          ...(signal && { signal }),
        });
        if (response.ok) return response;
        failure = await problemOf(response);
      } catch (error) {
        if (signal?.aborted) throw error;
        failure = new AppError(
          'store_unavailable',
          `nobody answers at ${base}; start the platform with \`npx rodex up\``,
          { cause: error, retryable: true },
        );
      }
      const untried = response !== undefined && REFUSED_UNTRIED.has(response.status);
      const wait = waitMs(response, attempt);
      const again = untried || (repeatable && failure.retryable);
      if (!again || attempt >= attempts || wait > MAX_WAIT_MS) throw failure;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
}
