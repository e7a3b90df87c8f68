/* oxlint-disable unicorn/require-post-message-target-origin -- a port of Node's worker threads, not a window */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';

import type { ChaosJob } from './chaos-jobs.ts';

// Each thread loads all of production: half of that is stripping types and compiling, which the next one need not do again.
enableCompileCache();
// A simulated failure is told by its code; a real one by its seed, which is replayed with everything.
Error.stackTraceLimit = 0;
const { doChaosJob } = await import('./chaos-jobs.ts');
flushCompileCache();

// One thread of the chaos program: does what it is sent, one job after another.
parentPort?.on('message', (job: ChaosJob) => {
  doChaosJob(job).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ failed: String(error) }),
  );
});
