import { readFileSync } from 'node:fs';

import { appendTenantEvent } from '../../../shared/audit/tenant-log.ts';
import { tenantPolicyPath } from '../../../shared/contracts/paths.ts';
import { TenantPolicy } from '../../../shared/contracts/tenant-policy.ts';
import { digestOfJson } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { openEmbeddedPlatform } from '../../../shared/platform/embedded-platform.ts';
import type { CommandContext } from '../session.ts';

/** The person at this terminal. */
const ACTOR = 'user:local';

function readPolicy(file: string): TenantPolicy {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AppError('invalid_request', `${file}: ${AppError.from(error).message}`, {
      cause: error,
    });
  }
  const parsed = TenantPolicy.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError(
    'invalid_request',
    `${file}: ${issue?.path.join('.') || 'policy'}: ${issue?.message ?? 'is not valid'}; docs/contracts/tenant-policy.schema.json has the shape`,
  );
}

export async function policyShowCommand(context: CommandContext): Promise<number> {
  const platform = await openEmbeddedPlatform(context.config.dataDir);
  try {
    const document = await platform.store.get(tenantPolicyPath(context.config.tenantId));
    if (context.json) context.out.write(`${JSON.stringify(document?.data ?? null)}\n`);
    else if (document) context.out.write(`${JSON.stringify(document.data, undefined, 2)}\n`);
    else context.out.write('no policy: runs may do what their own task contract says\n');
    return 0;
  } finally {
    await platform.close();
  }
}

export async function policySetCommand(context: CommandContext, file: string): Promise<number> {
  const policy = readPolicy(file);
  const path = tenantPolicyPath(context.config.tenantId);
  const platform = await openEmbeddedPlatform(context.config.dataDir);
  try {
    const before = await platform.store.get(path);
    const event = {
      type: 'request' as const,
      operation: 'setPolicy',
      result: 'done' as const,
      details: { digest: digestOfJson(policy) },
    };
    await appendTenantEvent(platform, context.config.tenantId, ACTOR, event, [
      before
        ? { op: 'update', path, data: policy, ifVersion: before.version }
        : { op: 'create', path, data: policy },
    ]);
    context.err.write('the policy holds for runs that are started from now on\n');
    return 0;
  } finally {
    await platform.close();
  }
}
