import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { AuditArchive } from '../../shared/audit/audit-archive.ts';
import { makeCheckpoint } from '../../shared/audit/checkpointer.ts';
import { openLocalAuditArchive } from '../../shared/audit/local-audit-archive.ts';
import { createLocalCheckpointSigner } from '../../shared/audit/local-checkpoint-signer.ts';
import type { RunCipher } from '../../shared/audit/run-vault.ts';
import { GENESIS_HASH, sealEntry } from '../../shared/audit/seal-entry.ts';
import { noteKey } from '../../shared/audit/signed-note.ts';
import { verifyExport } from '../../shared/audit/verify-export.ts';
import type { ScriptedServerOptions } from '../planner/offline/scripted-server.ts';
import { createClient } from '../../shared/client/client.ts';
import type { LogEntry, LogEvent } from '../../shared/contracts/log-entry.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { openMemoryMessageBus } from '../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { memoryVault } from '../../shared/testing/memory-vault.ts';
import { MemoryArchive, writeSampleExport } from '../../shared/testing/sample-export.ts';
import {
  atMost,
  median,
  type BenchOptions,
  type BenchResult,
  type Target,
} from './bench-result.ts';
import { withPlatform } from './bench-platform.ts';
import { startFormSite } from './form-site.ts';
import { readConversation } from '../planner/offline/conversation.ts';
import { planOn } from './steps.ts';

const ENTRIES = 1_000_000;
const APPENDED = 20_000;
const SEGMENT = 1_000;
/** Of what a step takes, at most this is spent on encrypting, chaining, signing and exporting its entries. */
const SHARE = 0.03;
const GROWTH_MIB = 64;
const TENANT = 'bench';
const RUN = 'run_00000000000000000000';
const MIB = 1024 * 1024;

const WHO = {
  tenantId: TENANT,
  runId: RUN,
  seq: 0,
  at: '',
  actor: 'bench',
  prevHash: GENESIS_HASH,
};

const sampleEvent = (index: number): LogEvent => ({
  type: 'step.ended',
  leaseEpoch: 1,
  stepId: `${index % 40}-1`,
  outcome: {
    status: 'done',
    acted: true,
    changed: { url: 'https://portal.example/orders' },
    artifacts: [],
    ms: { act: 12.5 },
  },
});

/** What the log costs: each entry, each step of a real run, and the verification of a log of a million entries. */
export async function benchAudit(options: BenchOptions): Promise<BenchResult> {
  const wanted = (name: string): boolean =>
    options.only === undefined || name.includes(options.only);
  const rows: Record<string, string | number>[] = [];
  const targets: Target[] = [];
  if (wanted('share')) {
    const share = await shareOfStep(options);
    rows.push({ row: 'share of a step', ...share.row });
    targets.push(atMost('audit_share_of_step', SHARE, share.share));
  }
  if (wanted('verify')) {
    const verified = await verifyMany(options);
    rows.push(...verified.rows);
    targets.push(atMost('verify_1m_rss_growth_mib', GROWTH_MIB, verified.growthMib));
  }
  return { bench: 'audit', versions: { node: process.versions.node }, rows, targets };
}

/** A real run on the whole platform; then the audit's part of its entries, done again and timed on the same machine. */
async function shareOfStep(
  options: BenchOptions,
): Promise<{ share: number; row: Record<string, number> }> {
  const site = await startFormSite();
  try {
    const calls: ScriptedServerOptions['calls'] = (body) => {
      const conversation = readConversation(body.contents);
      if (!conversation) throw new AppError('internal', 'the prompt was not understood');
      return { plan: planOn(conversation.page) };
    };
    return await withPlatform(
      { calls },
      (pool) => pool,
      async (here) => {
        const client = createClient(here);
        const { runId } = await client.createRun({
          goal: 'register',
          url: site.origin,
          contract: { navigate: [site.origin], commits: [{ name: 'Register' }] },
        });
        for await (const event of client.events(runId))
          if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
        const log = await client.log(runId);
        const acted = log.filter(({ event }) => event.type === 'step.intent');
        const first = acted[0];
        const last = log.findLast(({ event }) => event.type === 'step.ended');
        if (!first || !last) throw new AppError('internal', 'the run took no steps');
        const stepMs = (Date.parse(last.at) - Date.parse(first.at)) / acted.length;
        const checkpointMs = await checkpointPerEntry();
        const entryMs = sealAll(await cipherOf(), log, options.handicapMs) / log.length;
        const perStep = log.length / acted.length;
        const auditMs = perStep * (entryMs + checkpointMs);
        return {
          share: auditMs / stepMs,
          row: {
            'ms a step': rounded(stepMs),
            'entries a step': rounded(perStep),
            'µs to seal an entry': rounded(entryMs * 1000),
            'µs to sign and export it': rounded(checkpointMs * 1000),
          },
        };
      },
    );
  } finally {
    await site.close();
  }
}

const cipherOf = async (): Promise<RunCipher> => (await memoryVault().create(TENANT, RUN)).cipher;

/** Ms for sealing the whole log once: the median of many times. */
function sealAll(cipher: RunCipher, log: readonly LogEntry[], handicapMs: number): number {
  const rounds: number[] = [];
  for (let n = -20; n < 200; n += 1) {
    const started = performance.now();
    let prevHash = GENESIS_HASH;
    for (const { tenantId, runId, seq, at, actor, event } of log)
      prevHash = cipher.seal({ tenantId, runId, seq, at, actor, prevHash }, event).hash;
    if (n >= 0) rounds.push(performance.now() - started);
  }
  return median(rounds) + handicapMs * log.length;
}

/** Ms an entry for what the scheduler does with it, apart from the store and the archive themselves: the median of several checkpoints. */
async function checkpointPerEntry(): Promise<number> {
  const deps = {
    store: openMemoryStateStore(),
    bus: openMemoryMessageBus(),
    vault: memoryVault(),
    clock: systemClock,
    log: silentLogger,
    archive: new MemoryArchive(),
    signer: createLocalCheckpointSigner('rodex/bench', Buffer.alloc(32, 1)),
  };
  const journal = await RunJournal.create(deps, 'bench', TENANT, RUN, {
    type: 'run.created',
    goal: 'bench',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
  });
  const rounds: number[] = [];
  for (let n = 0; n < 9; n += 1) {
    await journal.append(() =>
      Array.from({ length: 200 }, () => ({
        type: 'run.cancel-requested' as const,
        reason: 'x'.repeat(600),
      })),
    );
    const ms = await timed(async () => makeCheckpoint(deps, TENANT));
    rounds.push(ms / 200);
  }
  return median(rounds);
}

async function verifyMany({
  handicapMs,
  note,
}: BenchOptions): Promise<{ rows: Record<string, string | number>[]; growthMib: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'rodex-bench-'));
  try {
    const archive = openLocalAuditArchive(dir);
    const signer = createLocalCheckpointSigner('rodex/bench', Buffer.alloc(32, 1));
    const sample = {
      tenantId: TENANT,
      signer,
      segment: SEGMENT,
      logsAtOnce: 20,
      logLength: 57,
      event: sampleEvent,
    };
    const few = new MemoryArchive();
    const cipher = await cipherOf();
    const appendMs = await timed(async () =>
      writeSampleExport(few, { ...sample, cipher, entries: APPENDED }),
    );
    const bytes = [...few.objects.values()].reduce((sum, { length }) => sum + length, 0);
    note(`writing ${ENTRIES} entries`);
    await mkdir(join(dir, TENANT));
    // One payload for all: encrypting is measured above, and nothing here reads it.
    const { type = '', payload = '', sealed = '' } = cipher.seal(WHO, sampleEvent(1));
    const plain = { seal: (who: typeof WHO) => sealEntry(who, { type, payload, sealed }) };
    await writeSampleExport(
      { ...archive, put: async (name, content) => writeFile(join(dir, name), content) },
      { ...sample, cipher: plain, entries: ENTRIES },
    );
    note('verifying them');
    const memory = memoryWatch();
    // The handicap keeps what was read, as a verifier without segments would.
    const kept: unknown[] = [];
    const key = noteKey(signer.name, await signer.publicKey());
    let segments = 0;
    const reading: AuditArchive = {
      ...archive,
      get: async (name) => {
        const content = await archive.get(name);
        if (handicapMs > 0 && content) kept.push(content);
        if (name.endsWith('.checkpoint') && (segments += 1) % 100 === 0) memory.sample();
        return content;
      },
    };
    const verifyMs = await timed(async () => {
      const verdict = await verifyExport(reading, { tenantId: TENANT, key });
      if (!verdict.ok || verdict.size !== ENTRIES)
        throw new AppError('internal', `the log does not verify: ${JSON.stringify(verdict)}`);
    });
    const perSecond = (ms: number): number => Math.round(ENTRIES / (ms / 1000));
    return {
      growthMib: memory.growth() / MIB,
      rows: [
        {
          row: 'sealed, signed, exported',
          entries: APPENDED,
          'entries/s': Math.round(APPENDED / (appendMs / 1000)),
          'bytes/entry': Math.round(bytes / APPENDED),
        },
        {
          row: 'verified',
          entries: ENTRIES,
          'entries/s': perSecond(verifyMs),
          'RSS growth MiB': rounded(memory.growth() / MIB),
        },
      ],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Resident memory after a collection, from the first sample to the highest. */
function memoryWatch(): { sample: () => void; growth: () => number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const samples: number[] = [];
  return {
    sample: () => {
      collect();
      samples.push(process.memoryUsage().rss);
    },
    growth: () => Math.max(...samples) - (samples[0] ?? 0),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
