import { text } from 'node:stream/consumers';

import { read } from 'read';

import { AppError } from '../../../shared/core/errors.ts';
import { openEmbeddedPlatform } from '../../../shared/platform/embedded-platform.ts';
import type { SecretStore } from '../../../shared/secrets/secret-store.ts';
import type { CommandContext } from '../session.ts';
import { readOrigin } from './run.ts';

async function withSecrets(
  context: CommandContext,
  work: (secrets: SecretStore, tenantId: string) => Promise<void>,
): Promise<number> {
  const platform = await openEmbeddedPlatform(context.config.dataDir);
  try {
    await work(platform.secrets, context.config.tenantId);
    return 0;
  } finally {
    await platform.close();
  }
}

/** From a hidden prompt or from standard input, never from an argument: arguments are seen by every process of the machine. */
async function readValue(name: string): Promise<string> {
  const value = process.stdin.isTTY
    ? await read({ prompt: `value of ${name} (hidden): `, silent: true, output: process.stderr })
    : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '')
    throw new AppError('invalid_request', 'the value is empty; type it, or pipe it in');
  return value;
}

export async function secretsSetCommand(
  context: CommandContext,
  name: string,
  options: { origin: readonly string[] },
): Promise<number> {
  const origins = options.origin.map((url) => readOrigin('--origin', url));
  return withSecrets(context, async (secrets, tenantId) => {
    await secrets.set(tenantId, name, await readValue(name), origins);
    context.err.write(
      `${name} is stored, for ${origins.join(', ')} only; goals name it {{secret.${name}}}\n`,
    );
  });
}

export async function secretsListCommand(context: CommandContext): Promise<number> {
  return withSecrets(context, async (secrets, tenantId) => {
    const all = await secrets.list(tenantId);
    if (context.json) context.out.write(`${JSON.stringify(all)}\n`);
    else
      for (const { name, origins, updatedAt } of all)
        context.out.write(`${name.padEnd(24)} ${updatedAt.slice(0, 19)}  ${origins.join(', ')}\n`);
  });
}

export async function secretsRemoveCommand(context: CommandContext, name: string): Promise<number> {
  return withSecrets(context, async (secrets, tenantId) => {
    if (!(await secrets.get(tenantId, name)))
      throw new AppError('not_found', `there is no secret ${name}`);
    await secrets.delete(tenantId, name);
    context.err.write(`${name} is gone\n`);
  });
}
