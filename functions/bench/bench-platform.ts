import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient } from '../../shared/client/client.ts';
import { readConfig } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { startPlatform, type RunningPlatform } from '../cli/compose.ts';
import type { BrowserPool, BrowserSession } from '../executor/browser-session.ts';
import type { ScriptedServerOptions } from '../planner/offline/scripted-server.ts';
import { startScriptedServer } from '../planner/offline/scripted-server.ts';

/** The whole platform on a directory of its own, planned by a script, with what stands between it and its browser. */
export async function withPlatform<T>(
  script: ScriptedServerOptions,
  wrapPool: (pool: BrowserPool) => BrowserPool,
  work: (here: RunningPlatform) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-bench-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const server = await startScriptedServer(script);
  stack.defer(async () => server.close());
  const gemini = { ...config.gemini, apiKey: undefined, baseUrl: server.baseUrl };
  const here = await startPlatform(
    { ...config, dataDir, gemini },
    { log: silentLogger, warn: () => undefined, wrapPool },
  );
  stack.defer(async () => here.close());
  return await work(here);
}

/** Sessions whose named methods are replaced. */
export function wrapSessions(
  pool: BrowserPool,
  over: (session: BrowserSession) => Partial<BrowserSession>,
): BrowserPool {
  return {
    open: async (host, options) => {
      const session = await pool.open(host, options);
      const replaced = over(session);
      return new Proxy<BrowserSession>(session, {
        get: (target, key) => {
          if (key in replaced) return Reflect.get(replaced, key) as unknown;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
    close: async () => pool.close(),
  };
}

/** Runs a goal to its end; a run that did not succeed is no measurement. */
export async function runToEnd(here: RunningPlatform, origin: string): Promise<Run> {
  const client = createClient(here);
  const { runId } = await client.createRun({ goal: 'bench', url: origin });
  for await (const event of client.events(runId))
    if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
  const run = await client.run(runId);
  if (run.status !== 'succeeded')
    throw new AppError('internal', `the run ${run.status}: ${run.error?.message ?? ''}`);
  return run;
}
