import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { SecretStore } from '../../shared/secrets/secret-store.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { BrowserPool } from './browser-session.ts';

export interface ExecutorDeps {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly secrets: SecretStore;
  readonly artifacts: ArtifactStore;
  readonly pool: BrowserPool;
  readonly clock: Clock;
  readonly log: Logger;
  /** This executor's name in leases and in the log; unique per process start. */
  readonly holder: string;
  /** True when it is a fact that this holder's process is gone, so that its leases need not run out. */
  readonly isGone: (holder: string) => boolean;
}
