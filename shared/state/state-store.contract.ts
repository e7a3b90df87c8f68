import { describe } from 'vitest';

import { askingContract } from './state-store-asking.contract.ts';
import type { StateStoreHarness } from './state-store-harness.contract.ts';
import { useSubject } from './state-store-harness.contract.ts';
import { clockContract, lastingContract } from './state-store-lasting.contract.ts';
import { modelContract } from './state-store-model.contract.ts';
import { otherProcessContract, watchingContract } from './state-store-watching.contract.ts';
import { writingContract } from './state-store-writing.contract.ts';

/** What an adapter cannot have by its nature; no test is skipped silently otherwise. */
export interface StateStoreFeatures {
  /** `open` takes a clock that ages are counted by. */
  readonly takesClock: boolean;
  /** Its documents can be reached from another process: the harness has `commitElsewhere`. */
  readonly otherProcess: boolean;
  /** Runs of the model test. */
  readonly modelRuns?: number;
}

/** Every adapter of the state store behaves like this. */
export function stateStoreContract(
  name: string,
  newHarness: () => Promise<StateStoreHarness>,
  { takesClock, otherProcess, modelRuns = 60 }: StateStoreFeatures,
): void {
  describe(`${name}: state store contract`, () => {
    const subject = useSubject(newHarness);
    writingContract(subject);
    askingContract(subject);
    watchingContract(subject);
    if (otherProcess) otherProcessContract(subject);
    lastingContract(subject);
    if (takesClock) clockContract(subject);
  });
  describe(`${name}: state store against its model`, () => {
    modelContract(newHarness, modelRuns);
  });
}
