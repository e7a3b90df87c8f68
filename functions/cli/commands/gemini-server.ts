import { once } from 'node:events';

import { startOfflinePlanner } from '../../planner/offline/offline-server.ts';
import type { CommandContext } from '../session.ts';

/** The offline planner as a server of its own: set GEMINI_BASE_URL to it. */
export async function geminiServerCommand(
  context: CommandContext,
  options: { port?: number },
): Promise<number> {
  const server = await startOfflinePlanner({ host: '127.0.0.1', port: options.port ?? 0 });
  context.err.write(
    `the offline planner speaks the Gemini wire protocol at ${server.baseUrl}\n  export GEMINI_BASE_URL=${server.baseUrl}\n`,
  );
  try {
    if (!context.signal.aborted) await once(context.signal, 'abort');
  } finally {
    await server.close();
  }
  return 0;
}
