import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { AppError } from '../../../shared/core/errors.ts';
import { startOfflinePlanner } from '../../planner/offline/offline-server.ts';
import { parseScript } from '../../planner/offline/script.ts';
import { startScriptedServer } from '../../planner/offline/scripted-server.ts';
import type { CommandContext } from '../session.ts';

async function readScript(file: string): Promise<ReturnType<typeof parseScript>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('invalid_request', `--script ${file}: cannot be read`, { cause: error });
  }
  return parseScript(text, file);
}

/** The offline planner, or a script with its faults, as a server of its own: set GEMINI_BASE_URL to it. */
export async function geminiServerCommand(
  context: CommandContext,
  options: { port?: number; script?: string },
): Promise<number> {
  const where = { host: '127.0.0.1', port: options.port ?? 0 };
  const { script } = options;
  const server =
    script === undefined
      ? await startOfflinePlanner(where)
      : await startScriptedServer({ ...where, calls: await readScript(script) });
  const who = script === undefined ? 'the offline planner' : script;
  context.err.write(
    `${who} speaks the Gemini wire protocol, SSE and Live, at ${server.baseUrl}\n  export GEMINI_BASE_URL=${server.baseUrl}\n`,
  );
  try {
    if (!context.signal.aborted) await once(context.signal, 'abort');
  } finally {
    await server.close();
  }
  return 0;
}
