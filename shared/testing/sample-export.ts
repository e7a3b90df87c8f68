import type { AuditArchive } from '../audit/audit-archive.ts';
import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import { checkpointName, entriesName, leafData, leavesName } from '../audit/export-format.ts';
import { leafHash, TreeFrontier } from '../audit/merkle-tree.ts';
import type { RunCipher } from '../audit/run-vault.ts';
import { GENESIS_HASH } from '../audit/seal-entry.ts';
import { signCheckpoint } from '../audit/signed-note.ts';
import type { LogEvent } from '../contracts/log-entry.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';

/** An archive in memory that, unlike a real one, lets tests change what it holds. */
export class MemoryArchive implements AuditArchive {
  readonly objects: Map<string, Buffer>;

  constructor(objects: ReadonlyMap<string, Buffer> = new Map()) {
    this.objects = new Map(objects);
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.objects.set(name, Buffer.from(bytes));
  }

  async get(name: string): Promise<Buffer | undefined> {
    return this.objects.get(name);
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.objects.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  }
}

export interface SampleExport {
  readonly tenantId: string;
  readonly cipher: Pick<RunCipher, 'seal'>;
  readonly signer: CheckpointSigner;
  readonly entries: number;
  readonly segment: number;
  /** Logs that grow at the same time, and their length. */
  readonly logsAtOnce: number;
  readonly logLength: number;
  readonly event: (index: number) => LogEvent;
}

const runName = (n: number): string => `run_${n.toString(36).padStart(20, '0')}`;

/** Entries of runs that follow and overlap each other, as an executor with several slots writes them. */
export function* sampleEntries(sample: SampleExport): Generator<StoredLogEntry> {
  const { tenantId, cipher, entries, logsAtOnce, logLength, event } = sample;
  const logs = Array.from({ length: logsAtOnce }, (_unused, n) => ({
    run: n,
    last: undefined as StoredLogEntry | undefined,
  }));
  let runs = logsAtOnce;
  for (let index = 0; index < entries; index += 1) {
    // Not in turn, so that neighbours are of one run now and of two then.
    const log = logs[(index * 7 + Math.floor(index / 3)) % logsAtOnce];
    if (!log) continue;
    if (log.last && log.last.seq + 1 >= logLength) {
      log.run = runs;
      runs += 1;
      log.last = undefined;
    }
    log.last = cipher.seal(
      {
        tenantId,
        runId: runName(log.run),
        seq: log.last ? log.last.seq + 1 : 0,
        at: new Date(Date.UTC(2026, 10, 27) + index * 250).toISOString(),
        actor: 'executor:sample',
        prevHash: log.last?.hash ?? GENESIS_HASH,
      },
      event(index),
    );
    yield log.last;
  }
}

/** Writes an export as `makeCheckpoint` does: segment by segment, a signed checkpoint after each. */
export async function writeSampleExport(
  archive: AuditArchive,
  sample: SampleExport,
): Promise<void> {
  const { tenantId, signer, segment } = sample;
  const frontier = new TreeFrontier();
  let batch: StoredLogEntry[] = [];
  const flush = async (): Promise<void> => {
    const from = frontier.size;
    for (const entry of batch) frontier.append(leafHash(leafData(entry)));
    const { size } = frontier;
    await writeSegment(archive, tenantId, { from, size }, batch);
    const at = batch.at(-1)?.at ?? '';
    const origin = `${signer.name}/${tenantId}`;
    const note = await signCheckpoint(signer, { origin, size, root: frontier.root(), at });
    await archive.put(checkpointName(tenantId, size), Buffer.from(note));
    batch = [];
  };
  for (const entry of sampleEntries(sample)) {
    batch.push(entry);
    if (batch.length === segment) await flush();
  }
  if (batch.length > 0) await flush();
}

async function writeSegment(
  archive: AuditArchive,
  tenantId: string,
  range: { from: number; size: number },
  batch: readonly StoredLogEntry[],
): Promise<void> {
  const text = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);
  await archive.put(
    entriesName(tenantId, range),
    text(batch.map((entry) => JSON.stringify(entry))),
  );
  await archive.put(leavesName(tenantId, range), text(batch.map(leafData)));
}
