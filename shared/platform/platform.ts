import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import type { Clock } from '../core/clock.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { StateStore } from '../state/state-store.ts';

/** Everything that the functions stand on. */
export interface Platform {
  readonly name: 'embedded' | 'gcp';
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly secrets: SecretStore;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  /** Names this process start: the holder of its leases. */
  readonly instance: string;
  /** True when it is a fact that the process of that name is gone. */
  readonly isGone: (instance: string) => boolean;
  close(): Promise<void>;
}
