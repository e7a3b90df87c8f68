import { ProposedStep, Turn } from '../../shared/contracts/plan.ts';
import { runPath, stepPath, turnPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { WakeUp } from '../../shared/core/wake-up.ts';
import type { StateStore, StoredDocument } from '../../shared/state/state-store.ts';
import type { Clock } from '../../shared/core/clock.ts';

/** A planner that shows no sign of life for this long is taken for dead. */
export const SILENCE_MS = 20_000;

export type Followed =
  | { readonly kind: 'step'; readonly step: ProposedStep }
  /** The stream ended; there are no more steps. */
  | { readonly kind: 'end'; readonly turn: Turn }
  | { readonly kind: 'silent' };

/** Follows one turn's documents as the planner writes them. Steps come in order, each once. */
export class TurnFollower implements Disposable {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #run: Pick<Run, 'tenantId' | 'runId'>;
  readonly #planEpoch: number;
  readonly #unwatch: () => void;
  readonly #wakeUp = new WakeUp();
  #next = 1;
  #turn: StoredDocument<Turn> | undefined;

  constructor(
    store: StateStore,
    clock: Clock,
    run: Pick<Run, 'tenantId' | 'runId'>,
    planEpoch: number,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#run = run;
    this.#planEpoch = planEpoch;
    this.#unwatch = store.watch(runPath(run.tenantId, run.runId), this.#wakeUp.notify);
  }

  /** The turn as last read. */
  get turn(): Turn | undefined {
    return this.#turn?.data;
  }

  async next(signal: AbortSignal): Promise<Followed> {
    for (;;) {
      signal.throwIfAborted();
      this.#wakeUp.looking();
      const turn = await this.refresh();
      if (this.#next <= turn.data.items) {
        const path = stepPath(
          this.#run.tenantId,
          this.#run.runId,
          `${this.#planEpoch}-${this.#next}`,
        );
        const document = await this.#store.get(path);
        if (!document)
          throw new AppError('store_corrupt', `${path} is missing though the turn counts it`);
        this.#next += 1;
        return { kind: 'step', step: ProposedStep.parse(document.data) };
      }
      if (turn.data.status === 'complete' || turn.data.status === 'broken')
        return { kind: 'end', turn: turn.data };
      if (turn.ageMs > SILENCE_MS) return { kind: 'silent' };
      await this.#wakeUp.wait(this.#clock, SILENCE_MS - turn.ageMs + 50, signal);
    }
  }

  /** Waits until the stream has ended (its normal end, a break, or silence). */
  async ended(signal: AbortSignal): Promise<'complete' | 'broken' | 'silent'> {
    for (;;) {
      signal.throwIfAborted();
      this.#wakeUp.looking();
      const turn = await this.refresh();
      if (turn.data.status === 'complete' || turn.data.status === 'broken') return turn.data.status;
      if (turn.ageMs > SILENCE_MS) return 'silent';
      await this.#wakeUp.wait(this.#clock, SILENCE_MS - turn.ageMs + 50, signal);
    }
  }

  async refresh(): Promise<StoredDocument<Turn>> {
    const path = turnPath(this.#run.tenantId, this.#run.runId, this.#planEpoch);
    const document = await this.#store.get(path);
    if (!document) throw new AppError('store_corrupt', `${path} is missing`);
    this.#turn = { ...document, data: Turn.parse(document.data) };
    return this.#turn;
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }
}
