import { CredentialUse } from '../../shared/contracts/credential-use.ts';
import { credentialUsePath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { WakeUp } from '../../shared/core/wake-up.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

const HOUR_MS = 3_600_000;
const MAX_FAILED = 3;
/** From typing a credential until the page shows what came of it. */
const HOLD_MS = 90_000;

interface Seen {
  readonly use: CredentialUse;
  readonly version: string | undefined;
  readonly ageMs: number;
}

/**
 * Sites lock accounts that are logged in to too often or from two places at once. So each credential is used by one run at a time, no
 * one-time code twice, and after three failed log-ins within an hour, whichever runs they were of, a person decides.
 */
export class LogInLimits {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #run: () => Run;
  /** Typed, and not yet known whether the site took it. */
  readonly #open = new Set<string>();

  constructor(store: StateStore, clock: Clock, run: () => Run) {
    this.#store = store;
    this.#clock = clock;
    this.#run = run;
  }

  /** Waits until no other run logs in with any of these. Errors: `log_in_limited`. */
  async begin(names: readonly string[], signal: AbortSignal): Promise<void> {
    for (const name of [...new Set(names)].toSorted()) await this.#take(name, signal);
  }

  async #take(name: string, signal: AbortSignal): Promise<void> {
    const { tenantId, runId } = this.#run();
    const wakeUp = new WakeUp();
    const unwatch = this.#store.watch(credentialUsePath(tenantId, name), wakeUp.notify);
    try {
      for (;;) {
        signal.throwIfAborted();
        wakeUp.looking();
        const seen = await this.#read(name);
        const failed = this.#recent(seen.use);
        if (failed.length >= MAX_FAILED)
          throw new AppError(
            'log_in_limited',
            `${MAX_FAILED} log-ins with "${name}" failed within an hour; see that it is right before it is used again`,
            { details: { credential: name, lastFailedMs: Date.parse(failed.at(-1) ?? '') } },
          );
        const { heldBy } = seen.use;
        const freeInMs = HOLD_MS - seen.ageMs;
        if (heldBy !== undefined && heldBy !== runId && freeInMs > 0) {
          await wakeUp.wait(this.#clock, freeInMs, signal);
          continue;
        }
        if (!(await this.#write(seen, { ...seen.use, heldBy: runId, failedAt: failed }))) continue;
        this.#open.add(name);
        return;
      }
    } finally {
      unwatch();
    }
  }

  /** The last window whose code was typed, by any run. */
  async usedWindow(name: string): Promise<number | undefined> {
    return (await this.#read(name)).use.totpWindow;
  }

  /** False when the code of this window was typed before. */
  async takeWindow(name: string, window: number): Promise<boolean> {
    for (;;) {
      const seen = await this.#read(name);
      if ((seen.use.totpWindow ?? -1) >= window) return false;
      if (await this.#write(seen, { ...seen.use, totpWindow: window })) return true;
    }
  }

  get undecided(): boolean {
    return this.#open.size > 0;
  }

  /** What came of the log-in: the page asks for the password again, or does not. */
  async settle(failed: boolean): Promise<void> {
    const now = this.#clock.iso();
    await this.#update((use) => ({
      ...use,
      failedAt: failed ? [...this.#recent(use), now] : [],
    }));
  }

  /** Nothing is known of the log-in; others may use the credential. */
  async release(): Promise<void> {
    await this.#update((use) => use);
  }

  /** A person looked after it. */
  async forgive(name: string): Promise<void> {
    for (;;) {
      const seen = await this.#read(name);
      if (await this.#write(seen, { ...seen.use, failedAt: [] })) return;
    }
  }

  async #update(change: (use: CredentialUse) => CredentialUse): Promise<void> {
    const { runId } = this.#run();
    for (const name of this.#open) {
      for (;;) {
        const seen = await this.#read(name);
        const { heldBy, ...use } = seen.use;
        // Its time was over and another run took it: what happens now is that one's.
        if (heldBy !== runId || (await this.#write(seen, change(use)))) break;
      }
      this.#open.delete(name);
    }
  }

  #recent({ failedAt }: CredentialUse): string[] {
    const since = this.#clock.nowMs() - HOUR_MS;
    return failedAt.filter((at) => Date.parse(at) > since);
  }

  async #read(name: string): Promise<Seen> {
    const document = await this.#store.get(credentialUsePath(this.#run().tenantId, name));
    if (!document)
      return {
        use: { schemaVersion: 1, name, failedAt: [] },
        version: undefined,
        ageMs: Infinity,
      };
    const { data, version, ageMs } = document;
    return { use: CredentialUse.parse(data), version, ageMs };
  }

  async #write({ version }: Seen, data: CredentialUse): Promise<boolean> {
    const path = credentialUsePath(this.#run().tenantId, data.name);
    try {
      await this.#store.commit([
        version === undefined
          ? { op: 'create', path, data }
          : { op: 'update', path, data, ifVersion: version },
      ]);
      return true;
    } catch (error) {
      if (AppError.is(error, 'conflict')) return false;
      throw error;
    }
  }
}
