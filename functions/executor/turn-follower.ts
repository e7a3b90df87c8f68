import { ProposedStep, Turn } from '../../shared/contracts/plan.ts';
import { stepPath, turnPath } from '../../shared/contracts/paths.ts';
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
  #peeked: ProposedStep | undefined;
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
    // Every step is committed together with its turn: one document tells of all.
    this.#unwatch = store.watch(turnPath(run.tenantId, run.runId, planEpoch), this.#wakeUp.notify);
  }

  /** The turn as last read. */
  get turn(): Turn | undefined {
    return this.#turn?.data;
  }

  async next(signal: AbortSignal): Promise<Followed> {
    for (;;) {
      signal.throwIfAborted();
      this.#wakeUp.looking();
      const peeked = await this.peek();
      if (peeked) {
        this.#peeked = undefined;
        this.#next += 1;
        return { kind: 'step', step: peeked };
      }
      const turn = await this.refresh();
      // Written together with the turn that counts it, perhaps since it was looked for.
      if (this.#next <= turn.data.items) {
        if (!(await this.peek()))
          throw new AppError('store_corrupt', `${this.#path} is missing though the turn counts it`);
        continue;
      }
      if (turn.data.status === 'complete' || turn.data.status === 'broken')
        return { kind: 'end', turn: turn.data };
      if (turn.ageMs > SILENCE_MS) return { kind: 'silent' };
      await this.#wakeUp.wait(this.#clock, SILENCE_MS - turn.ageMs + 50, signal);
    }
  }

  /** The next step, where it already stands. */
  async peek(): Promise<ProposedStep | undefined> {
    if (!this.#peeked) {
      const document = await this.#store.get(this.#path);
      this.#peeked = document && ProposedStep.parse(document.data);
    }
    return this.#peeked;
  }

  get #path(): string {
    const { tenantId, runId } = this.#run;
    return stepPath(tenantId, runId, `${this.#planEpoch}-${this.#next}`);
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
    const known = this.#turn?.version === document.version ? this.#turn.data : undefined;
    this.#turn = { ...document, data: known ?? Turn.parse(document.data) };
    return this.#turn;
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }
}
