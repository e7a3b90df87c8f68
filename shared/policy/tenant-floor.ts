import type { HostRule, TaskContract } from '../contracts/task-contract.ts';
import type { TenantPolicy } from '../contracts/tenant-policy.ts';
import { AppError } from '../core/errors.ts';
import { fold } from './commit-lexicon.ts';
import { checkSuffix, covers } from './origins.ts';

const LEVELS = ['autonomous', 'standard', 'strict'] as const;

const shown = (rule: HostRule): string => (typeof rule === 'string' ? rule : `*.${rule.suffix}`);

function assertWithin(
  field: string,
  asked: readonly HostRule[],
  allowed: readonly HostRule[] | undefined,
): void {
  if (!allowed) return;
  for (const rule of asked)
    if (!allowed.some((each) => covers(each, rule)))
      throw new AppError(
        'origin_refused',
        `contract.${field}: the tenant's policy does not allow ${shown(rule)}; an admin may add it to the policy's ${field}`,
      );
}

/** Throws `invalid_request` for a contract that names a host rule which stands for more than one site. */
export function checkContract(contract: TaskContract): void {
  for (const field of ['navigate', 'resources'] as const)
    for (const rule of contract[field]) checkSuffix(`contract.${field}`, rule);
}

/**
 * The contract under the tenant's floor. What only asks more or costs less is tightened; what would open more is refused, naming what
 * an admin would have to add. Errors: `origin_refused`, `permission_denied`.
 */
export function underFloor(contract: TaskContract, floor: TenantPolicy | undefined): TaskContract {
  if (!floor) return contract;
  assertWithin('navigate', contract.navigate, floor.navigate);
  assertWithin(
    'resources',
    contract.resources,
    floor.resources && [...floor.resources, ...(floor.navigate ?? [])],
  );
  const secret = floor.secrets && contract.secrets.find((name) => !floor.secrets?.includes(name));
  if (secret !== undefined)
    throw new AppError(
      'permission_denied',
      `contract.secrets: the tenant's policy does not allow "${secret}"; an admin may add it to the policy's secrets`,
    );
  const commit =
    floor.commits &&
    contract.commits.find(
      (asked) =>
        !floor.commits?.some(
          (rule) =>
            fold(rule.name) === fold(asked.name) &&
            (rule.origin === undefined || rule.origin === asked.origin),
        ),
    );
  if (commit)
    throw new AppError(
      'permission_denied',
      `contract.commits: the tenant's policy lets no run name "${commit.name}"; it will be asked for, or an admin may add it to the policy's commits`,
    );
  const level =
    LEVELS[Math.max(LEVELS.indexOf(contract.level), LEVELS.indexOf(floor.level ?? 'autonomous'))] ??
    'strict';
  const budgets = { ...contract.budgets };
  for (const key of ['steps', 'turns', 'promptTokens', 'outputTokens', 'timeMs'] as const)
    budgets[key] = Math.min(budgets[key], floor.budgets[key] ?? budgets[key]);
  return {
    ...contract,
    level,
    budgets,
    harmless: [...contract.harmless, ...floor.harmless].slice(0, 300),
  };
}
