import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';

import { z } from 'zod';

import { TenantId } from '../../shared/contracts/run.ts';
import { writeFileDurably } from '../../shared/core/durable-file.ts';
import { AppError } from '../../shared/core/errors.ts';

/** A platform that commands may talk to. */
const Context = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** API key or ID token. */
  key: z.string().min(1).optional(),
  tenant: TenantId.optional(),
});
export type Context = z.infer<typeof Context>;

const Contexts = z.strictObject({
  schemaVersion: z.literal(1),
  /** Absent: the embedded platform of this machine. */
  current: z.string().optional(),
  contexts: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/), Context).default({}),
});
export type Contexts = z.infer<typeof Contexts>;

/** The embedded platform on this machine's data directory: always there, never stored. */
export const LOCAL = 'local';

const NONE: Contexts = { schemaVersion: 1, contexts: {} };

/** Errors: `invalid_config` naming the file. */
export function readContexts(file: string): Contexts {
  if (!existsSync(file)) return NONE;
  try {
    return Contexts.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new AppError(
      'invalid_config',
      `${file.replace(homedir(), '~')} is no list of contexts: repair it, or remove it and set them anew with rodex context set`,
      { cause: error },
    );
  }
}

/** For this user alone: keys stand in it. */
export async function writeContexts(file: string, contexts: Contexts): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileDurably(file, `${JSON.stringify(contexts, null, 2)}\n`);
}

/** The context that commands use: the one that was named, else the current one; undefined is the embedded platform. */
export function contextFor(file: string, named: string | undefined): Context | undefined {
  const { current, contexts } = readContexts(file);
  const name = named ?? current ?? LOCAL;
  if (name === LOCAL) return undefined;
  const context = contexts[name];
  if (!context)
    throw new AppError(
      'invalid_config',
      `there is no context ${name}; \`rodex context list\` shows ${['local', ...Object.keys(contexts)].join(', ')}`,
    );
  return context;
}
