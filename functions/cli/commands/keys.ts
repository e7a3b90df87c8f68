import type { Page } from '../../../shared/client/client.ts';
import { Role } from '../../../shared/contracts/identity.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { withClient, type CommandContext } from '../session.ts';
import { plain } from '../terminal-text.ts';

/** Everything that a list of the API has, page by page; the items are in the answer's field `name`. */
export async function allOf<Name extends string, Item>(
  name: Name,
  list: (page: Page) => Promise<Record<Name, Item[]> & { next?: string }>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (let page: Page = { limit: 200 }; ;) {
    const answer = await list(page);
    all.push(...answer[name]);
    if (answer.next === undefined) return all;
    page = { ...page, after: answer.next };
  }
}

export function roleOf({ role }: { role: string }): Role {
  const known = Role.safeParse(role);
  if (known.success) return known.data;
  throw new AppError('invalid_request', `--role ${role}: one of ${Role.options.join(', ')}`);
}

export async function keysCreateCommand(
  context: CommandContext,
  name: string,
  options: { role: string },
): Promise<number> {
  const role = roleOf(options);
  return withClient(context, async (client) => {
    const issued = await client.createApiKey({ name, role });
    if (context.json) context.out.write(`${JSON.stringify(issued)}\n`);
    else {
      context.err.write(
        `${issued.apiKey.keyId} (${role}); the key is not kept and not shown again:\n`,
      );
      context.out.write(`${issued.key}\n`);
    }
    return 0;
  });
}

export async function keysListCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const keys = await allOf('apiKeys', async (page) => client.apiKeys(page));
    if (context.json) context.out.write(`${JSON.stringify(keys)}\n`);
    else
      for (const { keyId, role, name, lastUsedAt, revokedAt } of keys)
        context.out.write(
          `${keyId}  ${role.padEnd(9)} ${revokedAt === undefined ? (lastUsedAt?.slice(0, 16) ?? 'never used').padEnd(16) : 'revoked         '}  ${plain(name, 60)}\n`,
        );
    return 0;
  });
}

export async function keysRotateCommand(context: CommandContext, keyId: string): Promise<number> {
  return withClient(context, async (client) => {
    const issued = await client.rotateApiKey(keyId);
    if (context.json) context.out.write(`${JSON.stringify(issued)}\n`);
    else {
      context.err.write(`${keyId} is taken for a day more; its successor, shown once:\n`);
      context.out.write(`${issued.key}\n`);
    }
    return 0;
  });
}

export async function keysRevokeCommand(context: CommandContext, keyId: string): Promise<number> {
  return withClient(context, async (client) => {
    const key = await client.revokeApiKey(keyId);
    if (context.json) context.out.write(`${JSON.stringify(key)}\n`);
    else context.err.write(`${keyId} is no longer accepted\n`);
    return 0;
  });
}

export async function usageCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const usage = await client.usage();
    if (context.json) {
      context.out.write(`${JSON.stringify(usage)}\n`);
      return 0;
    }
    const { quotas, runs } = usage;
    const of = (limit: number | undefined): string => (limit === undefined ? '' : ` of ${limit}`);
    const tokens = usage.today?.tokens;
    const used = (tokens?.prompt ?? 0) + (tokens?.output ?? 0) + (tokens?.thoughts ?? 0);
    context.out.write(`${usage.tenantId} on ${usage.day} (UTC)\n`);
    context.out.write(`  tokens     ${used}${of(quotas.tokensPerDay)}\n`);
    context.out.write(`  micro-USD  ${usage.today?.microUsd ?? 0}${of(quotas.microUsdPerDay)}\n`);
    context.out.write(
      `  runs       ${runs.active} active${of(quotas.concurrentRuns)}, ${runs.queued} queued, ${runs.waiting} waiting for people\n`,
    );
    context.out.write(`  storage    ${usage.storageBytes} bytes${of(quotas.storageBytes)}\n`);
    return 0;
  });
}
