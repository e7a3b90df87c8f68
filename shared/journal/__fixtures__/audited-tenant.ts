import { makeCheckpoint } from '../../audit/checkpointer.ts';
import { createLocalCheckpointSigner } from '../../audit/local-checkpoint-signer.ts';
import { noteKey } from '../../audit/signed-note.ts';
import { verifyExport, type ExportVerdict } from '../../audit/verify-export.ts';
import type { MessageBus } from '../../bus/message-bus.ts';
import { tenantLogPath } from '../../contracts/paths.ts';
import type { StoredLogEntry } from '../../contracts/stored-log-entry.ts';
import { TaskContract } from '../../contracts/task-contract.ts';
import { systemClock } from '../../core/clock.ts';
import { silentLogger, type Logger } from '../../core/logger.ts';
import { openMemoryMessageBus } from '../../testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../testing/memory-state-store.ts';
import { memoryVault } from '../../testing/memory-vault.ts';
import { MemoryArchive } from '../../testing/sample-export.ts';
import type { EraseDeps } from '../erase-run.ts';
import { RunJournal } from '../run-journal.ts';

export const SAID = 'what nobody may read any more';
export const runId = (n: number): string => `run_${String(n).padStart(20, '0')}`;
export const signer = createLocalCheckpointSigner('rodex/test', Buffer.alloc(32, 1));

/** Tenant `local` with its log signed and exported, on memory. */
export class AuditedTenant {
  readonly archive = new MemoryArchive();
  /** Runs whose artifacts were removed. */
  readonly removed: string[] = [];
  readonly deps: Omit<EraseDeps, 'telemetry'> & { readonly log: Logger; readonly bus: MessageBus };

  constructor() {
    this.deps = {
      store: openMemoryStateStore(),
      bus: openMemoryMessageBus(),
      vault: memoryVault(),
      clock: systemClock,
      log: silentLogger,
      artifacts: {
        put: async () => ({ name: '', bytes: 0, digest: '', mediaType: '' }),
        get: async () => ({
          metadata: { name: '', bytes: 0, digest: '', mediaType: '' },
          content: new Uint8Array(),
        }),
        list: async () => [{ name: 'a', bytes: 100, digest: '', mediaType: '' }],
        link: async () => undefined,
        removeRun: async (_tenant, run) => void this.removed.push(run),
      },
    };
  }

  get audited() {
    return { ...this.deps, archive: this.archive, signer };
  }

  async checkpoint(): Promise<number> {
    return makeCheckpoint(this.audited, 'local');
  }

  async verify(since?: string): Promise<ExportVerdict> {
    return verifyExport(this.archive, {
      tenantId: 'local',
      key: noteKey(signer.name, await signer.publicKey()),
      ...(since !== undefined && { since }),
    });
  }

  async start(n: number, actor = 'user:ada'): Promise<RunJournal> {
    return RunJournal.create(this.deps, actor, 'local', runId(n), {
      type: 'run.created',
      goal: SAID,
      inputs: { reference: `REF-${n}` },
      labels: { case: `case-${n}` },
      contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
    });
  }

  async end(journal: RunJournal): Promise<void> {
    await journal.append(() => [{ type: 'run.ended', status: 'succeeded', result: SAID }]);
  }

  /** The tenant's own log. */
  async events(): Promise<unknown[]> {
    const collection = tenantLogPath('local');
    const documents = await this.deps.store.query<StoredLogEntry>({ collection });
    return documents.map(({ data }) => data.event);
  }
}
