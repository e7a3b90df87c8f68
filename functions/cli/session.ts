import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createClient, type Client } from '../../shared/client/client.ts';
import type { Config } from '../../shared/core/config.ts';
import { createLogger, type Logger } from '../../shared/core/logger.ts';
import { instanceName, isInstanceGone } from '../../shared/platform/process-instance.ts';
import type { RunningPlatform } from './compose.ts';
import { contextFor } from './contexts.ts';

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
    log: createLogger(config.logLevel, (line) => process.stderr.write(line), {
      project: config.telemetry.project,
    }),
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

/** The key that was given, else the one that the platform on this data directory wrote for whoever may read it. */
function keyFor(config: Config): string | undefined {
  if (config.apiKey !== undefined) return config.apiKey;
  const file = join(config.dataDir, 'api.key');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
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

/** Google Cloud's emulators with every function as a process of its own. */
export async function startEmulated(
  context: CommandContext,
  options: { port?: number; slots?: number; executors?: number; reload?: boolean } = {},
): Promise<RunningPlatform> {
  const { startEmulatedPlatform } = await import('./emulated/emulated-platform.ts');
  return startEmulatedPlatform(context.config, {
    log: context.log,
    warn: (message) => context.err.write(`warning: ${message}\n`),
    ...options,
  });
}

/** The platform that the context names, or that is up on this data directory; undefined where none is. */
export function runningPlatform(
  context: CommandContext,
): { readonly client: Client; readonly url: string } | undefined {
  const { config } = context;
  const remote =
    config.url === undefined ? contextFor(config.contextsFile, config.context) : undefined;
  if (remote) {
    const { url, tenant } = remote;
    return { url, client: createClient({ url, key: config.apiKey ?? remote.key, tenant }) };
  }
  const url = announced(config);
  if (url === undefined) return undefined;
  return { url, client: createClient({ url, key: keyFor(config), tenant: config.tenantId }) };
}

/** Uses the platform that is named or up, or starts one for as long as `work` takes. */
export async function withClient<T>(
  context: CommandContext,
  work: (client: Client, here: RunningPlatform | undefined) => Promise<T>,
): Promise<T> {
  const running = runningPlatform(context);
  if (running) return work(running.client, undefined);
  const here = await startHere(context);
  try {
    return await work(createClient({ ...here, tenant: context.config.tenantId }), here);
  } finally {
    await here.close();
  }
}
