import type { Role } from '../contracts/identity.ts';
import { AppError } from '../core/errors.ts';

/** What routes ask for. Nobody has a permission to read secret values: there is none. */
export type Permission =
  | 'runs.read'
  | 'runs.start'
  | 'tasks.edit'
  | 'commits.approve'
  | 'secrets.write'
  | 'audit.own'
  | 'audit.all'
  | 'tenant.manage';

/** The role table of the design, row by row. `tenant.manage` (keys, members, webhooks) is the admin's. */
export const ROLES: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['runs.read', 'audit.own'],
  operator: ['runs.read', 'runs.start', 'audit.own'],
  builder: ['runs.read', 'runs.start', 'tasks.edit', 'audit.own'],
  approver: ['runs.read', 'commits.approve', 'audit.own'],
  auditor: ['runs.read', 'audit.own', 'audit.all'],
  admin: [
    'runs.read',
    'runs.start',
    'tasks.edit',
    'commits.approve',
    'secrets.write',
    'audit.own',
    'audit.all',
    'tenant.manage',
  ],
};

/** Who asks, as far as policy is concerned. */
export interface Identity {
  /** Stays the same for the same person or program; written to logs as the actor. */
  readonly principal: string;
  readonly kind: 'terminal' | 'person' | 'service' | 'api-key';
  readonly tenantId: string;
  readonly role: Role;
  /** Of an API key: who made it. */
  readonly createdBy?: string;
  readonly platformAdmin: boolean;
}

export function may(identity: Pick<Identity, 'role'>, permission: Permission): boolean {
  return ROLES[identity.role].includes(permission);
}

/** Throws `permission_denied`, naming the roles that may. */
export function assertMay(identity: Identity, permission: Permission): void {
  if (may(identity, permission)) return;
  const roles = Object.entries(ROLES).filter(([, permissions]) => permissions.includes(permission));
  throw new AppError(
    'permission_denied',
    `${identity.principal} is ${identity.role} in ${identity.tenantId}: ${permission} is for ${roles.map(([role]) => role).join(', ')}`,
  );
}

/** Who asked for a run; `createdBy` when that is an API key. */
export interface Proposer {
  readonly principal: string;
  readonly createdBy?: string;
}

/**
 * Nobody approves what they proposed, nor with a key that the proposer made, nor what a key of their own making proposed. The person at
 * the terminal of an embedded platform is an identity of its own and may: there is nobody else to ask.
 */
export function assertMayApprove(identity: Identity, proposer: Proposer): void {
  assertMay(identity, 'commits.approve');
  if (identity.kind === 'terminal') return;
  const { principal, createdBy } = identity;
  const own =
    principal === proposer.principal ||
    createdBy === proposer.principal ||
    principal === proposer.createdBy;
  if (own)
    throw new AppError(
      'permission_denied',
      `${principal} stands behind this run (${proposer.principal}) and cannot approve its commits: ask another approver`,
    );
}
