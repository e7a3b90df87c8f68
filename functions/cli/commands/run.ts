import { randomUUID } from 'node:crypto';

import type {
  Client,
  RunRequestInput,
  StartRunRequestInput,
} from '../../../shared/client/client.ts';
import { TracePart } from '../../../shared/contracts/browser-options.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { HttpUrl } from '../../../shared/contracts/run.ts';
import { followRun } from '../follow-run.ts';
import { Progress } from '../progress.ts';
import { exitStatusOf, summarise, type RunSummary } from '../run-summary.ts';
import { withClient, type CommandContext } from '../session.ts';
import { printSummary } from '../print-summary.ts';

export interface RunOptions {
  readonly url?: string;
  readonly input?: readonly string[];
  readonly allow?: readonly string[];
  readonly allowCommit?: readonly string[];
  readonly secret?: readonly string[];
  /** `true`: everything that can be recorded. */
  readonly trace?: boolean | string;
  readonly level?: 'strict' | 'standard' | 'autonomous';
}

/** `NAME=VALUE` pairs. */
export function readInputs(pairs: readonly string[]): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new AppError('invalid_request', `--input ${pair}: write NAME=VALUE`);
    inputs[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return inputs;
}

export function readOrigin(option: string, text: string): string {
  const url = HttpUrl.safeParse(text);
  if (!url.success)
    throw new AppError(
      'invalid_request',
      `${option} ${text}: ${url.error.issues[0]?.message ?? 'not a URL'}, such as https://portal.example`,
    );
  return new URL(url.data).origin;
}

function readTrace(given: boolean | string | undefined): TracePart[] | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true || given === 'all') return [...TracePart.options];
  return given.split(',').map((name) => {
    const part = TracePart.safeParse(name.trim());
    if (!part.success)
      throw new AppError(
        'invalid_request',
        `--trace ${name}: there are ${TracePart.options.join(', ')}; without a value all of them`,
      );
    return part.data;
  });
}

/** The request that the options of `rodex run` stand for: `--url` allows that origin only, `--allow` adds others. */
export function requestOf(goal: string, options: RunOptions): RunRequestInput {
  if (goal.trim() === '')
    throw new AppError(
      'invalid_request',
      'goal: say what is to be done, such as rodex run "open the invoices" --url https://portal.example',
    );
  if (options.url === undefined && !options.allow?.length)
    throw new AppError(
      'invalid_request',
      '--url: say where to start; its origin is then the only one that the run may visit',
    );
  const origins = [
    ...(options.url === undefined ? [] : [readOrigin('--url', options.url)]),
    ...(options.allow ?? []).map((text) => readOrigin('--allow', text)),
  ];
  const trace = readTrace(options.trace);
  return {
    goal,
    ...(options.url !== undefined && { url: options.url }),
    inputs: readInputs(options.input ?? []),
    contract: {
      navigate: [...new Set(origins)],
      commits: (options.allowCommit ?? []).map((name) => ({ name })),
      secrets: [...(options.secret ?? [])],
      ...(trace && { trace }),
      ...(options.level !== undefined && { level: options.level }),
    },
  };
}

/** Starts a run, shows it, prints its result; gives the exit status. */
export async function startAndFollow(
  context: CommandContext,
  client: Client,
  request: StartRunRequestInput,
): Promise<RunSummary> {
  const run = await client.createRun(request, { idempotencyKey: randomUUID() });
  return follow(context, client, run.runId);
}

/** Follows a run to its end or its question; Ctrl-C leaves it as it is, resumable. */
export async function follow(
  context: CommandContext,
  client: Client,
  runId: string,
): Promise<RunSummary> {
  const progress = new Progress(context.err);
  try {
    await followRun(client, runId, {
      progress,
      interactive: context.interactive,
      signal: context.signal,
    });
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new AppError(
      'interrupted',
      `stopped watching; run ${runId} is kept: \`npx rodex watch ${runId}\` goes on with it, \`npx rodex cancel ${runId}\` ends it`,
      { cause: error },
    );
  }
  return summarise(client, runId);
}

export async function runCommand(
  context: CommandContext,
  goal: string,
  options: RunOptions,
): Promise<number> {
  const request = requestOf(goal, options);
  return withClient(context, async (client) => {
    const summary = await startAndFollow(context, client, request);
    await printSummary(context, client, summary);
    return exitStatusOf(summary);
  });
}

export async function watchCommand(context: CommandContext, runId: string): Promise<number> {
  return withClient(context, async (client) => {
    const summary = await follow(context, client, runId);
    await printSummary(context, client, summary);
    return exitStatusOf(summary);
  });
}
