import type { Turn } from '../../shared/contracts/plan.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { StateStore, Write } from '../../shared/state/state-store.ts';

/**
 * The claimed turn document. Every write goes under the version that the last one left and they go one after another, so a conflict
 * can only mean that the executor closed the turn or that another planner took it: from then on nothing is written.
 */
export class TurnWriter {
  #turn: Turn;
  #version: string;
  #lost = false;
  #tail: Promise<unknown> = Promise.resolve();
  readonly #store: StateStore;
  readonly #path: string;

  constructor(store: StateStore, path: string, turn: Turn, version: string) {
    this.#store = store;
    this.#path = path;
    this.#turn = turn;
    this.#version = version;
  }

  get turn(): Turn {
    return this.#turn;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Commits `change` together with `writes`; false when the turn is no longer ours. Rejects when the store fails. */
  write(change: Partial<Turn>, writes: readonly Write[] = []): Promise<boolean> {
    const result = this.#tail.then(() => this.#commit(change, writes));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #commit(change: Partial<Turn>, writes: readonly Write[]): Promise<boolean> {
    if (this.#lost) return false;
    const next: Turn = { ...this.#turn, ...change };
    try {
      const versions = await this.#store.commit(
        [{ op: 'update', path: this.#path, data: next, ifVersion: this.#version }, ...writes],
        // A proposal that a power cut takes back is asked for again; the intent of a step keeps the one it came from.
        'process',
      );
      this.#version = versions[0] ?? '';
      this.#turn = next;
      return true;
    } catch (error) {
      if (!AppError.is(error, 'conflict')) throw error;
      this.#lost = true;
      return false;
    }
  }
}
