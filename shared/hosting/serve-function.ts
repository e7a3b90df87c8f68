import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

import type { Config } from '../core/config.ts';
import { exitStatus } from '../core/error-table.ts';
import { AppError } from '../core/errors.ts';
import { drainOnStop } from './drain.ts';
import { createFrontServer, listen } from './front-server.ts';
import type { HttpHandler } from './push-function.ts';
import { createPushVerifier, type VerifyPush } from './push-identity.ts';

export interface BuildOptions {
  readonly config: Config;
  /** Absent where nobody can send a token: on one machine. */
  readonly pushVerifier: VerifyPush | undefined;
  /** Aborted when work under way is to be broken off. */
  readonly signal: AbortSignal;
  /** Aborted when no more work should be begun: the process was told to stop. */
  readonly draining: AbortSignal;
  /** Says why on standard error and ends the process. */
  readonly fail: (error: AppError) => void;
}

export interface Built {
  readonly handler: HttpHandler;
  /** Said with the line that says where the function listens. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** Where to listen by itself, instead of PORT: 0 is any free port, for what nobody calls there. */
  readonly port?: number;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly process: NodeJS.Process;
  readonly readConfig: () => Config;
  readonly build: (options: BuildOptions) => Promise<Built>;
}

/** Whoever reaches a function without an identity check may do all that its owner may. */
const HOST = '127.0.0.1';

/**
 * Registers an HTTP function with functions-framework. What it stands on is built at once, not at the first request: what is missing is
 * said on standard error and ends the process before it takes traffic. Loaded by the framework's own program (FUNCTION_TARGET) it leaves the
 * listening to it; run by itself it listens on loopback and says where on standard output.
 */
export function serveFunction(name: string, { process, readConfig, build }: ServeOptions): void {
  const broken = new AbortController();
  const { signal } = broken;
  const breakOff = (): void =>
    broken.abort(new AppError('interrupted', 'this instance is being stopped'));
  const draining = new AbortController();
  const fail = (error: unknown): void => {
    const { code, message, stack } = AppError.from(error);
    const said = `${name} does not start: ${code}: ${code === 'internal' ? (stack ?? message) : message}`;
    const line = JSON.stringify({ severity: 'CRITICAL', message: said, code });
    process.stderr.write(`${line}\n`, () => process.exit(exitStatus(code)));
  };
  const prepare = async (): Promise<{ config: Config; built: Built }> => {
    const config = readConfig();
    const built = await build({
      config,
      pushVerifier: verifierOf(config),
      signal,
      draining: draining.signal,
      fail,
    });
    return { config, built };
  };
  const prepared = prepare();
  const counted = drainOnStop({
    process,
    onStop: () => draining.abort(),
    onTired: breakOff,
    close: async () => {
      breakOff();
      await (await prepared).built.close();
    },
  });
  http(
    name,
    counted(async (request, response) => {
      const { built } = await prepared;
      await built.handler(request, response);
    }),
  );
  const start = async (): Promise<void> => {
    const { config, built } = await prepared;
    if (config.functionTarget !== undefined) return;
    const port = await listen(
      createFrontServer(getTestServer(name)),
      HOST,
      built.port ?? config.port,
    );
    const line = { function: name, url: `http://${HOST}:${port}`, ...built.about };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  start().catch(fail);
}

/** Errors: `invalid_config` on a real project that does not say who pushes. */
function verifierOf({ gcp }: Config): VerifyPush | undefined {
  if (!gcp || gcp.emulators) return undefined;
  if (gcp.push) return createPushVerifier(gcp.push);
  return async () => {
    throw new AppError(
      'permission_denied',
      'no push is believed: set RODEX_PUSH_AUDIENCE and RODEX_PUSH_SERVICE_ACCOUNT',
    );
  };
}
