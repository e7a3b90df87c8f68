import { createHash } from 'node:crypto';

import { TAKE_OVER_FRAME, takeOverInputsPath } from '../../shared/contracts/paths.ts';
import type { HumanRequest } from '../../shared/contracts/run.ts';
import { StoredTakeOverInput, TakeOverInput } from '../../shared/contracts/take-over.ts';
import { AppError } from '../../shared/core/errors.ts';
import { WakeUp } from '../../shared/core/wake-up.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { StoredDocument } from '../../shared/state/state-store.ts';
import type { BrowserSession } from './browser-session.ts';
import type { ExecutorDeps } from './deps.ts';

/** Pictures go through the artifact store, which takes one write a second of one name. */
const FRAME_MS = 1_000;
const PAGE = 50;

export interface TakeOverDeps extends Pick<
  ExecutorDeps,
  'store' | 'vault' | 'artifacts' | 'clock' | 'log'
> {
  readonly journal: RunJournal;
  readonly session: BrowserSession;
  /** Throws once somebody else may have taken the run. */
  readonly assertHeld: () => void;
}

/** The error, unless the browser ended with it: then it is thrown. */
function survived(error: unknown): AppError {
  const failure = AppError.from(error);
  if (failure.code === 'browser_lost' || failure.code === 'page_crashed') throw failure;
  return failure;
}

/**
 * A person's hands in the browser of a run while it waits for them: what they do stands in the log before it comes here, each input is
 * done once, in its order, and the page is shown to them as it changes.
 */
export class TakeOver {
  readonly #deps: TakeOverDeps;
  readonly #request: HumanRequest;
  readonly #wakeUp = new WakeUp();
  /** When the person did something last, by the monotonic clock; the browser is held from then on. */
  lastInputMs: number;
  #frame = '';

  constructor(deps: TakeOverDeps, request: HumanRequest) {
    this.#deps = deps;
    this.#request = request;
    this.lastInputMs = deps.clock.monotonicMs();
  }

  /** Until it is told to stop. Rejects when the browser is lost. */
  async serve(signal: AbortSignal): Promise<void> {
    const { store, clock, journal } = this.#deps;
    const { tenantId, runId } = journal.run;
    const collection = takeOverInputsPath(tenantId, runId);
    const unwatch = store.watch(collection, this.#wakeUp.notify);
    try {
      while (!signal.aborted) {
        this.#wakeUp.looking();
        const inputs = await store.query({ collection, limit: PAGE });
        for (const input of inputs) {
          if (signal.aborted) return;
          await this.#act(input);
        }
        await this.#show();
        if (inputs.length < PAGE) await this.#wakeUp.wait(clock, FRAME_MS, signal);
      }
    } finally {
      unwatch();
    }
  }

  async #act({ path, data, version }: StoredDocument): Promise<void> {
    const { store, vault, journal, session, clock, log, assertHeld } = this.#deps;
    const { tenantId, runId } = journal.run;
    const { requestId, sealed } = StoredTakeOverInput.parse(data);
    // Taken away first: an input that was lost is seen and done again by the person, one that is done twice is not.
    await store.commit([{ op: 'delete', path, ifVersion: version }]);
    if (requestId !== this.#request.requestId) return;
    const cipher = await vault.cipher(store, tenantId, runId);
    if (!cipher) return;
    const input = TakeOverInput.parse(JSON.parse(cipher.openText(path, sealed)));
    assertHeld();
    this.lastInputMs = clock.monotonicMs();
    await session.byHand(input).catch((error: unknown) => {
      const { code, message } = survived(error);
      log.info('an input by hand was not done', { runId, do: input.do, code, error: message });
    });
  }

  /** A page that is just being replaced cannot be pictured; the next look, a second later, can. */
  async #show(): Promise<void> {
    const { journal, log } = this.#deps;
    await this.#picture().catch((error: unknown) => {
      const { code, message } = survived(error);
      log.info('a picture for the hands is missing', {
        runId: journal.run.runId,
        code,
        error: message,
      });
    });
  }

  async #picture(): Promise<void> {
    const { journal, session, artifacts } = this.#deps;
    const { tenantId, runId } = journal.run;
    const picture = await session.picture();
    if (!picture) return;
    const digest = createHash('sha256').update(picture).digest('hex');
    if (digest === this.#frame) return;
    await artifacts.put(tenantId, runId, TAKE_OVER_FRAME, picture, {
      mediaType: 'image/png',
      encrypted: true,
    });
    this.#frame = digest;
  }
}
