import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';

import { systemClock } from '../../shared/core/clock.ts';
import { createThoughtAggregator } from '../planner/thought-aggregator.ts';
import {
  atLeast,
  atMost,
  median,
  percentile,
  type BenchOptions,
  type BenchResult,
} from './bench-result.ts';
import { promptCost } from './prompt-cost.ts';
import { streamedRun, type StreamedRun } from './stream-latency.ts';

const DELTAS = 200_000;
const SHAPES = ['line', 'unknown-fields', 'thoughts'] as const;
const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

/** How fast thoughts can be pushed while the one who watches needs `lagMs` for each text. */
async function aggregatorRow(lagMs: number): Promise<Record<string, string | number>> {
  let shown = 0;
  const show = async (): Promise<void> => {
    shown += 1;
    if (lagMs > 0) await delay(lagMs);
  };
  const thoughts = createThoughtAggregator(show, { clock: systemClock });
  const started = performance.now();
  for (let index = 0; index < DELTAS; index += 1) {
    thoughts.push('a few words ');
    if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const ms = performance.now() - started;
  await thoughts.close();
  const what = `aggregator, consumer ${lagMs} ms: events/s (texts shown)`;
  return { what, value: `${Math.round(DELTAS / (ms / 1_000))} (${shown})` };
}

async function memoryOf(shape: string, handicap: boolean): Promise<{ mb: number; end: string }> {
  const program = fileURLToPath(new URL('stream-memory.ts', import.meta.url));
  const args = [program, shape, ...(handicap ? ['keep'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { mb: number; end: string };
}

const shareOf = (run: StreamedRun): number => run.firstActionMs / run.streamMs;

/** From the byte that closes a step to its publication and its act; what memory and prompts cost. */
export async function benchStream(options: BenchOptions): Promise<BenchResult> {
  const { handicapMs, note } = options;
  const handicap = handicapMs > 0;
  const runs: StreamedRun[] = [];
  for (let number = 1; number <= options.repeat; number += 1) {
    const run = await streamedRun(handicapMs, false);
    runs.push(run);
    note(
      `run ${number}: first action at ${round(100 * shareOf(run))} % of ${round(run.streamMs)} ms`,
    );
  }
  const usual = await streamedRun(handicapMs, true);
  note(`usual way: first action at ${round(100 * shareOf(usual))} %`);
  const memory = [];
  for (const shape of SHAPES) memory.push({ shape, ...(await memoryOf(shape, handicap)) });
  const ours = await promptCost({ full: handicap, unstable: handicap });
  const full = await promptCost({ full: true, unstable: false });
  const publish = runs.flatMap((run) => run.publishMs);
  const meanShare = ours.shares.reduce((sum, share) => sum + share, 0) / ours.shares.length;
  const share = median(runs.map(shareOf));
  return {
    bench: 'stream',
    versions: { node: process.versions.node },
    rows: [
      {
        what: 'byte that closes a step to its publication, p50 ms',
        value: round(percentile(publish, 0.5)),
      },
      { what: 'the same, p95 ms', value: round(percentile(publish, 0.95)) },
      {
        what: 'stream of 12 steps at 60 tokens/s, ms',
        value: round(median(runs.map((run) => run.streamMs))),
      },
      {
        what: 'thinking before it, left out, ms',
        value: round(median(runs.map((run) => run.thinkingMs))),
      },
      {
        what: 'first action after the first byte of the plan, ms',
        value: round(median(runs.map((run) => run.firstActionMs))),
      },
      { what: 'the same, waiting for the whole answer, ms', value: round(usual.firstActionMs) },
      await aggregatorRow(0),
      await aggregatorRow(20),
      await aggregatorRow(200),
      ...memory.map(({ shape, mb, end }) => ({
        what: `20 MB, ${shape} (${end}): growth in MB`,
        value: round(mb),
      })),
      { what: 'prompt tokens of 20 turns', value: ours.promptTokens },
      { what: 'the same with a full snapshot in each turn', value: full.promptTokens },
      {
        what: 'least share of a request that repeats the one before',
        value: round(Math.min(...ours.shares), 3),
      },
    ],
    targets: [
      atMost('publish_after_close_p95_ms', 15, percentile(publish, 0.95)),
      atMost('first_action_share_of_stream', 0.15, share),
      atMost('rss_growth_20mb_mb', 40, Math.max(...memory.map(({ mb }) => mb))),
      atLeast('prefix_share', 0.9, meanShare),
      atMost('prompt_tokens_ratio', 0.4, ours.promptTokens / full.promptTokens),
    ],
  };
}
