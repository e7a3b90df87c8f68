// Loads one function in a process of its own and says how long it took: `node cloud-import.ts PROGRAM HANDICAP_MS`.
import { performance, PerformanceObserver } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

// functions-framework's own program has loaded this before it loads a function.
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

const [, , program = '', handicap = '0'] = process.argv;
http('loaded-before', () => undefined);
getTestServer('loaded-before');

const started = performance.now();
new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) {
    if (name !== 'rodex-platform-loaded') continue;
    const importMs = Math.round((startTime - started) * 10) / 10;
    const memoryMb = Math.round(process.memoryUsage().rss / 1e6);
    process.stdout.write(`${JSON.stringify({ importMs, memoryMb })}\n`, () => process.exit(0));
  }
}).observe({ entryTypes: ['mark'] });
const until = performance.now() + Number(handicap);
while (performance.now() < until);
const file = pathToFileURL(program).href;
// oxlint-disable-next-line import/no-dynamic-require -- which program is measured is an argument
await import(file);
