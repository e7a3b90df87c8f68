import { parseArgs } from 'node:util';

import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { logPath } from '../../shared/contracts/paths.ts';
import { exitStatus } from '../../shared/core/error-table.ts';
import { chaos, scenarioOf } from './chaos.ts';
import { violationsOf } from './simulation/invariants.ts';
import { MUTATIONS } from './simulation/mutations.ts';
import { playRun, TENANT } from './simulation/simulated-run.ts';

export const CHAOS_USAGE = `usage: npm run chaos -- --seeds N [--from S] [--json]
       npm run chaos -- --seed S      replays one seed and prints its log
       npm run chaos -- --mutate [--seeds N] [--json]   variants that lack one mechanism: each must be noticed
`;

/** Many runs under seeded faults, judged by the simulated shop. Exit status 0 when no invariant was broken (or each mutant was noticed). */
export async function chaosCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      mutate: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [seeds, from, seed] = [Number(values.seeds), Number(values.from), Number(values.seed ?? 0)];
  if (
    values.help ||
    ![seeds, from, seed].every((number) => Number.isInteger(number) && number >= 0)
  ) {
    process.stderr.write(CHAOS_USAGE);
    return values.help ? 0 : exitStatus('invalid_request');
  }
  const print = (value: unknown, text: string): void => {
    process.stdout.write(values.json ? `${JSON.stringify(value)}\n` : text);
  };
  if (values.seed !== undefined) return replay(seed, print);
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  if (values.mutate) {
    const noticed: Record<string, number> = {};
    for (const [name, mutation] of Object.entries(MUTATIONS)) {
      const { violations, runs } = await chaos({ seeds, from, mutation, stopAtFirst: true });
      noticed[name] = violations.length;
      note(
        `${name}: ${violations.length > 0 ? `noticed after ${runs} runs` : `NOT NOTICED in ${runs} runs`}`,
      );
    }
    print({ seeds, noticed }, '');
    return Object.values(noticed).every((count) => count > 0) ? 0 : 1;
  }
  const result = await chaos({ seeds, from, note });
  const { runs, succeeded, violations, seconds, faults } = result;
  const counted = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  print(
    result,
    `${runs} runs, ${succeeded} succeeded, ${violations.length} violations in ${seconds} s\n${counted.join(' · ')}\n`,
  );
  return violations.length === 0 ? 0 : 1;
}

async function replay(
  seed: number,
  print: (value: unknown, text: string) => void,
): Promise<number> {
  const played = await playRun(scenarioOf(seed));
  const violations = await violationsOf(played);
  const log = played.run
    ? (await played.store.query<LogEntry>({ collection: logPath(TENANT, played.run.runId) })).map(
        ({ data }) => data,
      )
    : [];
  const lines = log.map(
    ({ seq, at, actor, event }) =>
      `${String(seq).padStart(4)} ${at.slice(11, 23)} ${actor.padEnd(24)} ${JSON.stringify(event).slice(0, 200)}`,
  );
  const orders = played.shop.orders.map(
    (order) => `order ${order.reference} reached the shop after ${Math.round(order.at)} ms`,
  );
  print(
    { seed, violations, orders: played.shop.orders, log },
    `${[...lines, ...orders, ...violations].join('\n')}\n`,
  );
  return violations.length === 0 ? 0 : 1;
}
