/* oxlint-disable unicorn/require-post-message-target-origin -- a port of Node's worker threads, not a window */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import type { ChaosResult } from './chaos.ts';
import type { ChaosJob } from './chaos-jobs.ts';

/** Room for several runs: what lives is copied at each collection, and of a run that is over nothing lives. */
const YOUNG_MB = 192;

type Answer = { readonly result: ChaosResult } | { readonly failed: string };

/** Does jobs on all processors; `done` is told each result as it comes. Rejects with what a job could not do. */
export async function doInThreads<Job extends ChaosJob>(
  jobs: readonly Job[],
  done: (result: ChaosResult, job: Job) => void,
): Promise<void> {
  const waiting = [...jobs];
  const threads = Math.min(availableParallelism(), jobs.length);
  await Promise.all(Array.from({ length: threads }, async () => work(waiting, done)));
}

async function work<Job extends ChaosJob>(
  waiting: Job[],
  done: (result: ChaosResult, job: Job) => void,
): Promise<void> {
  const worker = new Worker(new URL('./chaos-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  try {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const answer = await ask(worker, job);
      if ('failed' in answer) throw new Error(answer.failed);
      done(answer.result, job);
    }
  } finally {
    await worker.terminate();
  }
}

async function ask(worker: Worker, job: ChaosJob): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (answer: Answer) => {
      worker.off('error', reject);
      resolve(answer);
    });
    worker.postMessage(job);
  });
}
