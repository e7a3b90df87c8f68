import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { AuditArchive } from '../audit/audit-archive.ts';
import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import type { RunVault } from '../audit/run-vault.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import type { Clock } from '../core/clock.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Everything that the functions stand on. */
export interface Platform {
  readonly name: 'embedded' | 'gcp';
  readonly store: StateStore;
  readonly bus: MessageBus;
  /** Keys of runs. */
  readonly vault: RunVault;
  /** Where checkpoints and entries of the log are kept out of reach of whoever can write the store. */
  readonly archive: AuditArchive;
  /** Signs checkpoints. */
  readonly signer: CheckpointSigner;
  readonly secrets: SecretStore;
  readonly artifacts: ArtifactStore;
  /** 32 bytes that follow from the platform's master key, for one purpose. */
  readonly derive: (purpose: string) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Names this process start: the holder of its leases. */
  readonly instance: string;
  /** True when it is a fact that the process of that name is gone. */
  readonly isGone: (instance: string) => boolean;
  close(): Promise<void>;
}
