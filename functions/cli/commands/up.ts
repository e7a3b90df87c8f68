import { once } from 'node:events';

import { announce, startHere, withdraw, type CommandContext } from '../session.ts';

/** Keeps the platform up until Ctrl-C or SIGTERM. */
export async function upCommand(
  context: CommandContext,
  options: { port?: number; slots?: number },
): Promise<number> {
  const { config, err, signal } = context;
  const here = await startHere(context, {
    port: options.port ?? config.port,
    ...(options.slots !== undefined && { slots: options.slots }),
  });
  try {
    announce(config, here.url);
    err.write(`Rodex is up at ${here.url}  (planner: ${here.planner}, data: ${config.dataDir})\n`);
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
