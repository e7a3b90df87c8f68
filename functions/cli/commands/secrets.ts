import { Secret, TOTP, URI } from 'otpauth';

import { auditedSecrets } from '../../../shared/audit/audited-secrets.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { openEmbeddedPlatform } from '../../../shared/platform/embedded-platform.ts';
import type { SecretMetadata } from '../../../shared/secrets/secret-store.ts';
import { runningPlatform, type CommandContext } from '../session.ts';
import { readHidden } from '../read-hidden.ts';
import { readOrigin } from './run.ts';

/** Where secrets are kept: over the API of the platform that is named or up, else on this machine. */
interface Keeper {
  /** For the person: which platform it is. */
  readonly where: string;
  list(): Promise<readonly SecretMetadata[]>;
  set(name: string, value: string, origins: readonly string[]): Promise<void>;
  remove(name: string): Promise<void>;
  /** Whether a secret is a seed of one-time codes; undefined: values are not read from here. */
  isSeed(name: string): Promise<boolean | undefined>;
}

async function withKeeper(
  context: CommandContext,
  work: (keeper: Keeper) => Promise<void>,
): Promise<number> {
  const running = runningPlatform(context);
  if (running) {
    const { client, url } = running;
    await work({
      where: `on ${url}`,
      list: async () => client.secrets(),
      set: async (name, value, origins) => client.setSecret(name, { value, origins: [...origins] }),
      remove: async (name) => client.removeSecret(name),
      isSeed: async () => undefined,
    });
    return 0;
  }
  const platform = await openEmbeddedPlatform(context.config.dataDir);
  const { tenantId } = context.config;
  const secrets = auditedSecrets(platform, 'user:local');
  try {
    await work({
      where: 'on this machine',
      list: async () => secrets.list(tenantId),
      set: async (name, value, origins) => secrets.set(tenantId, name, value, origins),
      remove: async (name) => {
        if (!(await secrets.list(tenantId)).some((each) => each.name === name))
          throw new AppError('not_found', `there is no secret ${name}`);
        await secrets.delete(tenantId, name);
      },
      isSeed: async (name) =>
        (await platform.secrets.get(tenantId, name))?.value.startsWith('otpauth://') ?? false,
    });
    return 0;
  } finally {
    await platform.close();
  }
}

/** A seed as an otpauth: URI, whatever form it came in. The value is never shown. */
function readSeed(name: string, value: string): string {
  try {
    if (value.startsWith('otpauth://')) {
      const parsed = URI.parse(value);
      if (parsed instanceof TOTP) return parsed.toString();
    } else {
      const secret = Secret.fromBase32(value.replace(/[\s-]+/g, '').toUpperCase());
      if (secret.bytes.length >= 10)
        return new TOTP({ issuer: 'rodex', label: name, secret }).toString();
    }
  } catch {
    // Said below, without the value.
  }
  throw new AppError(
    'invalid_request',
    'that is no seed of one-time codes: give the otpauth://totp/ URI that the QR code holds, or the key in Base32',
  );
}

export async function secretsSetCommand(
  context: CommandContext,
  name: string,
  options: { origin: readonly string[]; totp?: boolean },
): Promise<number> {
  const origins = options.origin.map((url) => readOrigin('--origin', url));
  return withKeeper(context, async (keeper) => {
    const value = await readHidden(`value of ${name} (hidden): `);
    await keeper.set(name, options.totp ? readSeed(name, value.trim()) : value, origins);
    context.err.write(
      `${name} is stored ${keeper.where}, for ${origins.join(', ')} only; goals name it {{${options.totp ? 'totp' : 'secret'}.${name}}}\n`,
    );
  });
}

/** A new value for the origins that there are; runs under way type the new one from then on. */
export async function secretsRotateCommand(
  context: CommandContext,
  name: string,
  options: { totp?: boolean },
): Promise<number> {
  return withKeeper(context, async (keeper) => {
    const before = (await keeper.list()).find((each) => each.name === name);
    if (!before) throw new AppError('not_found', `there is no secret ${name} ${keeper.where}`);
    const seed = options.totp ?? (await keeper.isSeed(name)) ?? false;
    const value = await readHidden(`value of ${name} (hidden): `);
    await keeper.set(name, seed ? readSeed(name, value.trim()) : value, before.origins);
    context.err.write(
      `${name} has a new value ${keeper.where}, for ${before.origins.join(', ')} as before\n`,
    );
  });
}

export async function secretsListCommand(context: CommandContext): Promise<number> {
  return withKeeper(context, async (keeper) => {
    const all = await keeper.list();
    if (context.json) context.out.write(`${JSON.stringify(all)}\n`);
    else if (all.length === 0) context.err.write(`no secrets ${keeper.where}\n`);
    else
      for (const { name, origins, updatedAt } of all)
        context.out.write(`${name.padEnd(24)} ${updatedAt.slice(0, 19)}  ${origins.join(', ')}\n`);
  });
}

export async function secretsRemoveCommand(context: CommandContext, name: string): Promise<number> {
  return withKeeper(context, async (keeper) => {
    await keeper.remove(name);
    context.err.write(`${name} is gone ${keeper.where}\n`);
  });
}
