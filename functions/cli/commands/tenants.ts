import { Quotas, type SetTenantRequest, type Tenant } from '../../../shared/contracts/tenant.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { withClient, type CommandContext } from '../session.ts';
import { plain } from '../terminal-text.ts';
import { allOf, roleOf } from './keys.ts';

type QuotaName = keyof Quotas;

interface TenantOptions {
  readonly name?: string;
  readonly quota?: readonly string[];
  /** 0: runs are kept. */
  readonly retentionDays?: number;
}

const QUOTAS = Object.keys(Quotas.shape) as QuotaName[];

/** A limit, or undefined where it is lifted. */
function quotaOf(text: string): [QuotaName, number | undefined] {
  const [given = '', limit = ''] = text.split('=');
  const name = QUOTAS.find((each) => each === given);
  if (!name)
    throw new AppError('invalid_request', `--quota ${text}: NAME=LIMIT with ${QUOTAS.join(', ')}`);
  if (limit === 'none') return [name, undefined];
  const parsed = Quotas.shape[name].safeParse(limit.trim() === '' ? Number.NaN : Number(limit));
  if (parsed.success) return [name, parsed.data];
  throw new AppError(
    'invalid_request',
    `--quota ${text}: ${parsed.error.issues[0]?.message ?? 'a whole number'}, or none`,
  );
}

/** What there is, with what the options name changed. */
export function changedTenant(
  tenantId: string,
  { name, quota = [], retentionDays }: TenantOptions,
  before: Tenant | undefined,
): SetTenantRequest {
  const { quotas, runTopic, webhooks, retentionDays: days } = before ?? {};
  const limits: Record<string, number | undefined> = {
    ...quotas,
    ...Object.fromEntries(quota.map(quotaOf)),
  };
  const kept = retentionDays ?? days ?? 0;
  return {
    name: name ?? before?.name ?? tenantId,
    quotas: Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)),
    runTopic: runTopic ?? { enabled: false, role: 'operator', replyTopics: [] },
    ...(webhooks && { webhooks }),
    ...(kept > 0 && { retentionDays: kept }),
  };
}

function print({ out, json }: CommandContext, tenant: Tenant): void {
  if (json) return void out.write(`${JSON.stringify(tenant)}\n`);
  const { tenantId, name, quotas, retentionDays } = tenant;
  out.write(`${tenantId}  ${plain(name, 60)}\n`);
  for (const quota of QUOTAS) out.write(`  ${quota.padEnd(15)} ${quotas[quota] ?? 'no limit'}\n`);
  out.write(
    `  ${'retention'.padEnd(15)} ${retentionDays === undefined ? 'runs are kept' : `${retentionDays} days`}\n`,
  );
}

export async function tenantsListCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const tenants = await allOf('tenants', async (page) => client.tenants(page));
    if (context.json) context.out.write(`${JSON.stringify(tenants)}\n`);
    else
      for (const { tenantId, name } of tenants)
        context.out.write(`${tenantId}  ${plain(name, 60)}\n`);
    return 0;
  });
}

export async function tenantsShowCommand(
  context: CommandContext,
  named: string | undefined,
): Promise<number> {
  return withClient(context, async (client) => {
    print(context, await client.tenant(named ?? (await client.whoAmI()).tenantId));
    return 0;
  });
}

export async function tenantsSetCommand(
  context: CommandContext,
  named: string | undefined,
  options: TenantOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const tenantId = named ?? (await client.whoAmI()).tenantId;
    const change = (before: Tenant | undefined): SetTenantRequest =>
      changedTenant(tenantId, options, before);
    print(context, await client.changeTenant(tenantId, change));
    return 0;
  });
}

export async function membersListCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const members = await allOf('members', async (page) => client.members(page));
    if (context.json) context.out.write(`${JSON.stringify(members)}\n`);
    else
      for (const { email, role } of members)
        context.out.write(`${role.padEnd(9)} ${plain(email, 300)}\n`);
    return 0;
  });
}

export async function membersSetCommand(
  context: CommandContext,
  email: string,
  options: { role: string },
): Promise<number> {
  const role = roleOf(options);
  return withClient(context, async (client) => {
    const member = await client.setMember(email, role);
    if (context.json) context.out.write(`${JSON.stringify(member)}\n`);
    else context.err.write(`${member.email} is ${member.role}\n`);
    return 0;
  });
}

export async function membersRemoveCommand(
  context: CommandContext,
  email: string,
): Promise<number> {
  return withClient(context, async (client) => {
    await client.removeMember(email);
    if (context.json) context.out.write(`${JSON.stringify({ email, removed: true })}\n`);
    else context.err.write(`${email} is no member any more\n`);
    return 0;
  });
}
