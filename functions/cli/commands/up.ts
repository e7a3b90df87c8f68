import { once } from 'node:events';

import { announce, startEmulated, startHere, withdraw, type CommandContext } from '../session.ts';

export interface UpOptions {
  readonly port?: number;
  readonly slots?: number;
  readonly gcpEmulators?: boolean;
  readonly executors?: number;
}

/** Keeps the platform up until Ctrl-C or SIGTERM. */
export async function upCommand(context: CommandContext, options: UpOptions): Promise<number> {
  const { config, err, signal } = context;
  const { gcpEmulators = false, executors } = options;
  const common = {
    port: options.port ?? config.port,
    ...(options.slots !== undefined && { slots: options.slots }),
  };
  const here = gcpEmulators
    ? await startEmulated(context, { ...common, executors: executors ?? 2, reload: true })
    : await startHere(context, common);
  try {
    announce(config, here.url);
    const where = gcpEmulators
      ? 'Firestore and Pub/Sub emulators; what they hold is gone when they end'
      : `data: ${config.dataDir}`;
    err.write(`Rodex is up at ${here.url}  (planner: ${here.planner}, ${where})\n`);
    err.write(
      `  npx rodex run "GOAL" --url URL      ${here.url}/openapi.json      Ctrl-C ends it\n`,
    );
    if (!signal.aborted) await once(signal, 'abort');
    err.write('stopping: runs under way are saved and go on at the next start\n');
  } finally {
    withdraw(config);
    await here.close();
  }
  return 0;
}
