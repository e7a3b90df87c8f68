import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { readRunLog } from '../../shared/journal/run-log.ts';
import { scenarioOf } from './chaos.ts';
import { violationsOf } from './simulation/invariants.ts';
import type { Order } from './simulation/shop.ts';
import { playRun } from './simulation/simulated-run.ts';
import { TENANT } from './simulation/tenant.ts';

export interface Replayed {
  readonly value: {
    readonly seed: number;
    readonly violations: readonly string[];
    readonly orders: readonly Order[];
    /** What happened, one line each. */
    readonly trace: readonly string[];
    readonly log: readonly LogEntry[];
  };
  readonly text: string;
}

/** One seed, step by step, and what its runs' logs hold. */
export async function replayed(seed: number): Promise<Replayed> {
  const trace: string[] = [];
  const played = await playRun({ ...scenarioOf(seed), note: (line) => void trace.push(line) });
  const violations = await violationsOf(played);
  const logs = await Promise.all(played.runs.map(({ runId }) => readRunLog(played, TENANT, runId)));
  const log = logs.flat();
  const lines = log.map(
    ({ seq, at, actor, event }) =>
      `${String(seq).padStart(4)} ${at.slice(11, 23)} ${actor.padEnd(22)} ${JSON.stringify(event).slice(0, 160)}`,
  );
  const { orders } = played.shop;
  const said = [
    `seed ${seed}: ${played.runs.map(({ status }) => status).join(', ')}, ${orders.length} orders, ${violations.length} violations`,
    ...violations,
  ];
  const text = `${[...trace, '', ...lines, '', ...said].join('\n')}\n`;
  return { value: { seed, violations, orders, trace, log }, text };
}
