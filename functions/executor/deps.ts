import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { RunVault } from '../../shared/audit/run-vault.ts';
import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { PlanForm } from '../../shared/contracts/planning.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { TaskContract } from '../../shared/contracts/task-contract.ts';
import type { SecretStore } from '../../shared/secrets/secret-store.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { BrowserPool } from './browser-session.ts';

export interface ExecutorDeps {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly vault: RunVault;
  readonly secrets: SecretStore;
  readonly artifacts: ArtifactStore;
  readonly pool: BrowserPool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry?: Telemetry | undefined;
  /** This executor's name in leases and in the log; unique per process start. */
  readonly holder: string;
  /** How the deployment's plans are written; a task may say otherwise. `computer-use` needs pictures. */
  readonly planForm?: PlanForm | undefined;
  /** Private `host:port`s that runs of this contract may reach. Absent: none. */
  readonly privateHosts?: (contract: TaskContract) => readonly string[];
  /** True when it is a fact that this holder's process is gone, so that its leases need not run out. */
  readonly isGone: (holder: string) => boolean;
}
