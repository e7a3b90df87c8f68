import type { PlannerKind, World } from './world.ts';

export const GROUPS = ['network', 'scheme', 'leak', 'injection', 'platform'] as const;
export type Group = (typeof GROUPS)[number];

/** Undefined: it held. Else why it did not. */
export type Verdict = string | undefined;

/**
 * One hostile input. `run` plays it in a world and says what broke; a throw or a time-out is a break. What proves that the case can
 * fail (its positive control) and that the product is not simply shut (its benign twin) are cases of their own, or part of `run`.
 */
export interface HostileCase {
  /** Unique, stable, without the planner: `network/redirect-302/decimal`. */
  readonly id: string;
  readonly group: Group;
  /** Absent: both. */
  readonly planners?: readonly PlannerKind[];
  /** What arrives in its time cannot be told from what another case sends: it runs by itself. */
  readonly alone?: true;
  run(world: World): Promise<Verdict>;
}
