import { beforeEach, describe, expect, it } from 'vitest';

import { verifyRunLog } from '../audit/verify-run-log.ts';
import { logEntryPath, runKeyPath, runPath } from '../contracts/paths.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { openMemoryMessageBus } from '../testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import { memoryVault } from '../testing/memory-vault.ts';
import { RunJournal, type JournalDeps } from './run-journal.ts';
import { readLogPage, readRunLog } from './run-log.ts';

const RUN = 'run_00000000000000000000';
const SAID = 'what nobody else may read';

describe('the log of a run, at rest', () => {
  let deps: JournalDeps;
  let journal: RunJournal;
  beforeEach(async () => {
    deps = {
      store: openMemoryStateStore(),
      bus: openMemoryMessageBus(),
      vault: memoryVault(),
      clock: systemClock,
      log: silentLogger,
    };
    journal = await RunJournal.create(deps, 'user:ada', 'local', RUN, {
      type: 'run.created',
      goal: SAID,
      inputs: {},
      labels: {},
      contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
    });
    await journal.append(() => [{ type: 'run.cancel-requested', reason: SAID }]);
  });
  const replace = async (path: string, data: Record<string, unknown>): Promise<void> => {
    await deps.store.commit([{ op: 'delete', path }]);
    await deps.store.commit([{ op: 'create', path, data }]);
  };
  const stored = async (seq: number) =>
    (await deps.store.get(logEntryPath('local', RUN, seq)))?.data ?? {};

  it('holds no event in clear, and reads back as it was written', async () => {
    for (const seq of [0, 1]) expect(JSON.stringify(await stored(seq))).not.toContain(SAID);
    expect(await stored(1)).toMatchObject({ type: 'run.cancel-requested', actor: 'user:ada' });
    const entries = await readRunLog(deps, 'local', RUN);
    expect(entries.map(({ event }) => event)).toEqual([
      expect.objectContaining({ type: 'run.created', goal: SAID }),
      { type: 'run.cancel-requested', reason: SAID },
    ]);
    expect(await readLogPage(deps, 'local', RUN, { after: 0, limit: 1 })).toEqual([entries[1]]);
  });

  it('reads in another process, by the key that is stored', async () => {
    const other = { ...deps, vault: memoryVault() };
    expect(await readRunLog(other, 'local', RUN)).toEqual(await readRunLog(deps, 'local', RUN));
  });

  it('verifies without the key, and tells of the events only their types', async () => {
    await deps.store.commit([{ op: 'delete', path: runKeyPath('local', RUN) }]);
    expect(await verifyRunLog(deps.store, 'local', RUN)).toMatchObject({ ok: true, entries: 2 });
    const entries = await readRunLog(deps, 'local', RUN);
    expect(entries.map(({ event }) => event)).toEqual([
      { type: 'payload.erased', of: 'run.created' },
      { type: 'payload.erased', of: 'run.cancel-requested' },
    ]);
    const opened = await RunJournal.open(deps, 'late', 'local', RUN);
    await expect(
      opened.append(() => [{ type: 'run.ended', status: 'cancelled' }]),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each<[string, (entry: Record<string, unknown>) => Record<string, unknown>]>([
    ['changed', (entry) => ({ ...entry, sealed: `AAAA${String(entry['sealed']).slice(4)}` })],
    ['taken away', ({ sealed: _sealed, ...rest }) => rest],
    [
      'put in clear',
      (entry) => ({ ...entry, event: { type: 'run.cancel-requested', reason: 'x' } }),
    ],
  ])('names the entry whose payload was %s', async (_what, change) => {
    await replace(logEntryPath('local', RUN, 1), change(await stored(1)));
    expect(await verifyRunLog(deps.store, 'local', RUN)).toMatchObject({
      ok: false,
      seq: 1,
      damage: 'edited',
    });
  });

  it('does not decrypt a payload that belongs to another entry, nor a key of another run', async () => {
    const { sealed } = await stored(0);
    await replace(logEntryPath('local', RUN, 1), { ...(await stored(1)), sealed });
    await expect(readRunLog(deps, 'local', RUN)).rejects.toMatchObject({ code: 'store_corrupt' });
    const foreign = await memoryVault().create('local', 'run_00000000000000000001');
    if (foreign.write.op !== 'create') throw new Error('no write');
    await replace(runKeyPath('local', RUN), foreign.write.data);
    await expect(readRunLog(deps, 'local', RUN)).rejects.toMatchObject({ code: 'store_corrupt' });
  });

  it('takes nothing more when it was erased, and the run keeps only numbers', async () => {
    await expect(
      journal.append(() => [{ type: 'run.erased', reason: 'too early' }]),
    ).rejects.toMatchObject({ code: 'conflict' });
    await journal.append(() => [{ type: 'run.ended', status: 'cancelled' }]);
    await journal.append(() => [{ type: 'run.erased', reason: 'asked for' }]);
    expect(JSON.stringify(await deps.store.get(runPath('local', RUN)))).not.toContain(SAID);
    await expect(
      journal.append(() => [{ type: 'run.erased', reason: 'again' }]),
    ).rejects.toMatchObject({ code: 'conflict' });
    expect(await stored(3)).toMatchObject({ event: { type: 'run.erased', reason: 'asked for' } });
    expect((await RunJournal.open(deps, 'a', 'local', RUN)).run.erasedAt).toBeDefined();
  });
});
