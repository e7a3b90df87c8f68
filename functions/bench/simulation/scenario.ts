import type { TargetFacts } from '../../../shared/contracts/effect.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import type { ExecutorDeps } from '../../executor/deps.ts';
import type { PlannerDeps } from '../../planner/planner.ts';
import type { Faults } from './process.ts';

/** What differs from production: a mechanism taken out, to see that the invariants notice. */
export interface Mutation {
  readonly store?: (store: StateStore) => StateStore;
  readonly executor?: (deps: ExecutorDeps) => ExecutorDeps;
  readonly planner?: (deps: PlannerDeps) => PlannerDeps;
  /** What the executor is told of a control. */
  readonly facts?: (facts: TargetFacts) => TargetFacts;
  /** Nobody sweeps. */
  readonly withoutScheduler?: boolean;
  /** A client that tries again without saying that it does. */
  readonly withoutIdempotencyKey?: boolean;
}

export interface Scenario {
  readonly seed: number;
  readonly faults: Faults;
  /** Chance that an act loses its browser; that the shop forgets who is logged in. */
  readonly browserLoss: number;
  readonly sessionOver: number;
  /** Chance that a stream breaks, errs or falls silent, that the model forgets or changes its mind. */
  readonly modelTrouble: number;
  /** The task contract names the commit; has a probe for it. */
  readonly named: boolean;
  readonly probe: boolean;
  /** The shop asks its buyers to log in. */
  readonly signIn: boolean;
  /** How long a question keeps the live browser. */
  readonly holdMs: number;
  /** Nobody answers what the run asks. */
  readonly silentPerson: boolean;
  /** Another tenant's run is under way on the same platform. */
  readonly neighbour: boolean;
  readonly mutation?: Mutation;
  /** The store gives each reader a frozen copy; it shares what was written unless told. */
  readonly copies?: boolean;
  /** Told what happens, one line each. */
  readonly note?: (line: string) => void;
}
