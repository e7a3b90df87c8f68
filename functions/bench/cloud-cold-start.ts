import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { AppError } from '../../shared/core/errors.ts';
import { median } from './bench-result.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
/** Nothing is asked for: loading ends before anybody is called. */
const NOBODY = '127.0.0.1:1';

export interface ColdStart {
  /** From the import until everything that the first request waits for is loaded; the framework itself was loaded before, as its program does. */
  readonly importMs: number;
  readonly memoryMb: number;
}

/** One file for each function, in `bundles/`. */
export async function makeBundles(): Promise<void> {
  await run(process.execPath, [join(ROOT, '.ci/bundle.mjs')], { cwd: ROOT });
}

/** Medians of `repeat` cold processes of each program, in turn. Bundles find their compiled code, which is shipped with them; a checkout does not. */
export async function coldStarts(
  programs: Readonly<Record<string, string>>,
  repeat: number,
  handicapMs: (program: string) => number,
): Promise<Readonly<Record<string, ColdStart>>> {
  const cache = await mkdtemp(join(tmpdir(), 'rodex-compile-cache-'));
  const found: Record<string, ColdStart[]> = {};
  try {
    for (let round = -1; round < repeat; round += 1)
      for (const [name, program] of Object.entries(programs)) {
        const start = await oneStart(
          program,
          program.startsWith('bundles/') ? cache : undefined,
          handicapMs(name),
        );
        if (round >= 0) (found[name] ??= []).push(start);
      }
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, starts]) => [
      name,
      {
        importMs: median(starts.map(({ importMs }) => importMs)),
        memoryMb: median(starts.map(({ memoryMb }) => memoryMb)),
      },
    ]),
  );
}

async function oneStart(
  program: string,
  cache: string | undefined,
  handicapMs: number,
): Promise<ColdStart> {
  const variables = {
    ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }),
    FUNCTION_TARGET: 'bench',
    RODEX_PLATFORM: 'gcp',
    GOOGLE_CLOUD_PROJECT: 'demo-bench',
    FIRESTORE_EMULATOR_HOST: NOBODY,
    PUBSUB_EMULATOR_HOST: NOBODY,
    RODEX_SECRET_MANAGER_EMULATOR_HOST: NOBODY,
    STORAGE_EMULATOR_HOST: `http://${NOBODY}`,
    METADATA_SERVER_DETECTION: 'none',
    GEMINI_API_KEY: 'none',
  };
  const { stdout } = await run(
    'env',
    [
      ...Object.entries(variables).map(([key, value]) => `${key}=${value}`),
      process.execPath,
      join(import.meta.dirname, 'cloud-import.ts'),
      join(ROOT, program),
      String(handicapMs),
    ],
    { cwd: ROOT },
  );
  const line = stdout.split('\n').find((each) => each.startsWith('{"importMs"'));
  if (line === undefined) throw new AppError('internal', `${program} did not load: ${stdout}`);
  return JSON.parse(line) as ColdStart;
}
