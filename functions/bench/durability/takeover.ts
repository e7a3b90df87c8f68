import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { runPath } from '../../../shared/contracts/paths.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import { readConfig } from '../../../shared/core/config.ts';
import { randomId } from '../../../shared/core/ids.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { RunJournal } from '../../../shared/journal/run-journal.ts';
import { openPlatform } from '../../../shared/platform/open-platform.ts';
import type { Platform } from '../../../shared/platform/platform.ts';
import { ProgramProcess } from '../../../shared/testing/program-process.ts';
import { createPlanner } from '../../planner/planner.ts';
import { scriptedModel } from './script-model.ts';

const ORIGIN = 'https://nowhere.example';
const TENANT = 'local';

/** Ms from a signal to the executor that owns a run until another one has taken it. */
export async function takeoverMs(
  signal: 'SIGKILL' | 'SIGTERM',
  options: { readonly remote: boolean; readonly lateMs: number },
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-takeover-'));
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const config = readConfig();
  const platform = await openPlatform({ ...config, platform: 'embedded', dataDir });
  stack.defer(async () => platform.close());
  const planner = createPlanner({ ...platform, gemini: scriptedModel(400), log: silentLogger });
  const planning = await platform.bus.subscribe(
    { topic: 'rodex-plan', subscription: 'rodex-plan', maxInFlight: 4 },
    async (message) => {
      if (message.type === 'plan.requested')
        await planner.handle(message, new AbortController().signal);
    },
  );
  stack.defer(async () => planning.close());
  const start = async (): Promise<ProgramProcess> => {
    const program = new ProgramProcess(
      'functions/bench/durability/executor-process.ts',
      [ORIGIN, options.remote ? 'remote' : 'here'],
      { RODEX_DATA_DIR: dataDir },
    );
    stack.defer(async () => void (await program.stop('SIGKILL')));
    await program.output(/"holder"/);
    return program;
  };
  const first = await start();
  const runId = randomId('run');
  await RunJournal.create({ ...platform, log: silentLogger }, 'user:bench', TENANT, runId, {
    type: 'run.created',
    goal: 'scroll',
    url: `${ORIGIN}/`,
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: [ORIGIN], budgets: { steps: 1_000 } }),
  });
  await until(platform, runId, (run) => run.steps >= 3);
  const second = options.lateMs > 0 ? undefined : await start();
  const began = performance.now();
  const ended = first.stop(signal);
  if (!second) {
    await delay(options.lateMs);
    await start();
  }
  await until(platform, runId, (run) => run.leaseEpoch >= 2);
  const took = performance.now() - began;
  await ended;
  return took;
}

async function until(
  { store }: Platform,
  runId: string,
  holds: (run: Run) => boolean,
): Promise<void> {
  for (;;) {
    const run = await store.get<Run>(runPath(TENANT, runId));
    if (run && holds(run.data)) return;
    await delay(5);
  }
}
