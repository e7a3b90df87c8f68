import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createClient, type Client } from '../../shared/client/client.ts';
import type { Config } from '../../shared/core/config.ts';
import { createLogger, type Logger } from '../../shared/core/logger.ts';
import { instanceName, isInstanceGone } from '../../shared/platform/process-instance.ts';
import type { RunningPlatform } from './compose.ts';

/** What commands share: configuration, streams, the way to a platform. */
export interface CommandContext {
  readonly config: Config;
  readonly json: boolean;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly log: Logger;
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** A person is at the terminal. */
  readonly interactive: boolean;
}

export function contextOf(
  config: Config,
  options: { json: boolean; signal: AbortSignal },
): CommandContext {
  return {
    config,
    json: options.json,
    out: process.stdout,
    err: process.stderr,
    log: createLogger(config.logLevel, (line) => process.stderr.write(line)),
    signal: options.signal,
    interactive: !options.json && process.stdin.isTTY && process.stderr.isTTY,
  };
}

const serverFile = (config: Config): string => join(config.dataDir, 'server.json');

/** Says to other commands where this process answers. */
export function announce(config: Config, url: string): void {
  writeFileSync(serverFile(config), JSON.stringify({ url, instance: instanceName() }), {
    mode: 0o600,
  });
}

export function withdraw(config: Config): void {
  rmSync(serverFile(config), { force: true });
}

/** Where a platform on the same data directory answers, if one does. */
function announced(config: Config): string | undefined {
  if (config.url !== undefined) return config.url;
  if (!existsSync(serverFile(config))) return undefined;
  try {
    const { url, instance } = JSON.parse(readFileSync(serverFile(config), 'utf8')) as {
      url: string;
      instance: string;
    };
    return isInstanceGone(instance) ? undefined : url;
  } catch {
    // A file cut short by a crash says nothing: the command then starts a platform of its own.
    return undefined;
  }
}

export async function startHere(
  context: CommandContext,
  options: { port?: number; slots?: number } = {},
): Promise<RunningPlatform> {
  // The whole platform is loaded only where one is started.
  const { startPlatform } = await import('./compose.ts');
  return startPlatform(context.config, {
    log: context.log,
    warn: (message) => context.err.write(`warning: ${message}\n`),
    ...options,
  });
}

/** Uses the platform that is up on this data directory, or starts one for as long as `work` takes. */
export async function withClient<T>(
  context: CommandContext,
  work: (client: Client, here: RunningPlatform | undefined) => Promise<T>,
): Promise<T> {
  const url = announced(context.config);
  if (url !== undefined) return work(createClient({ url }), undefined);
  const here = await startHere(context);
  try {
    return await work(createClient({ url: here.url }), here);
  } finally {
    await here.close();
  }
}
