import { AsyncLocalStorage } from 'node:async_hooks';

import { AppError } from '../../../shared/core/errors.ts';

export type Fetch = typeof fetch;

/** One call of ours: what becomes of its answer. Nobody else's `fetch` is touched (docs/decisions/0010-sse-before-the-sdk.md). */
interface Scope {
  readonly answer: (response: Response) => Response;
  readonly fetch: Fetch | undefined;
  reached: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();
let calls = 0;
let before: Fetch | undefined;
let ours: Fetch | undefined;

function install(): void {
  calls += 1;
  if (ours) return;
  // eslint-disable-next-line no-restricted-globals -- the SDK takes no fetch of its own; this is the only place to stand between them
  const { fetch: original } = globalThis;
  before = original;
  ours = async (input, init) => {
    const scope = scopes.getStore();
    if (!scope) return original(input, init);
    scope.reached = true;
    return scope.answer(await (scope.fetch ?? original)(input, init));
  };
  // eslint-disable-next-line no-restricted-globals -- as above
  globalThis.fetch = ours;
}

function uninstall(): void {
  calls -= 1;
  // eslint-disable-next-line no-restricted-globals -- as above
  if (calls > 0 || !before || globalThis.fetch !== ours) return;
  // eslint-disable-next-line no-restricted-globals -- as above
  globalThis.fetch = before;
  before = undefined;
  ours = undefined;
}

/** Runs `call`; what it fetches, and nothing else in the process, is answered through `answer`. In place until `call` has settled. */
export async function withAnswer<T>(
  answer: (response: Response) => Response,
  call: () => Promise<T>,
  fetch?: Fetch,
): Promise<T> {
  const scope: Scope = { answer, fetch, reached: false };
  install();
  try {
    const result = await scopes.run(scope, call);
    // Somebody replaced fetch in mid-call: the bytes were not normalised, and what they hold is not to be trusted.
    if (!scope.reached)
      throw new AppError(
        'model_stream_broken',
        'The answer did not come through the stream normaliser: something else in this process replaced fetch.',
        { retryable: true },
      );
    return result;
  } finally {
    uninstall();
  }
}
