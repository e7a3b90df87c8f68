import { describe, expect, it } from 'vitest';

import { Role } from '../contracts/identity.ts';
import { assertMay, assertMayApprove, may, type Identity, type Permission } from './roles.ts';

/** The table of the design, written out again: a change there must be a change here. */
const TABLE: Readonly<Record<Role, string>> = {
  //        read start edit approve secrets own all manage
  viewer: '  x    -    -    -       -       x   -   -',
  operator: 'x    x    -    -       -       x   -   -',
  builder: ' x    x    x    -       -       x   -   -',
  approver: 'x    -    -    x       -       x   -   -',
  auditor: ' x    -    -    -       -       x   x   -',
  admin: '   x    x    x    x       x       x   x   x',
};
const COLUMNS: readonly Permission[] = [
  'runs.read',
  'runs.start',
  'tasks.edit',
  'commits.approve',
  'secrets.write',
  'audit.own',
  'audit.all',
  'tenant.manage',
];

const person = (role: Role, principal = 'user:a@example.com'): Identity => ({
  principal,
  kind: 'person',
  tenantId: 'acme',
  role,
  platformAdmin: false,
});

describe('the role table', () => {
  it.each(Role.options)('gives %s what the design says, and nothing else', (role) => {
    const row = TABLE[role].trim().split(/\s+/);
    expect(COLUMNS.map((permission) => may({ role }, permission))).toEqual(
      row.map((cell) => cell === 'x'),
    );
  });

  it('names the roles that may, to one who may not', () => {
    expect(() => assertMay(person('viewer'), 'tasks.edit')).toThrow(/builder, admin/);
  });
});

describe('approving', () => {
  it.each<[string, Identity, { principal: string; createdBy?: string }, boolean]>([
    ['an approver of another’s run', person('approver'), { principal: 'user:b@x.de' }, true],
    ['an admin of another’s run', person('admin'), { principal: 'user:b@x.de' }, true],
    ['the proposer', person('admin'), { principal: 'user:a@example.com' }, false],
    ['an operator', person('operator'), { principal: 'user:b@x.de' }, false],
    [
      'with a key that the proposer made',
      { ...person('approver', 'key:k1'), kind: 'api-key', createdBy: 'user:b@x.de' },
      { principal: 'user:b@x.de' },
      false,
    ],
    [
      'the maker of the key that proposed',
      person('admin'),
      { principal: 'key:k1', createdBy: 'user:a@example.com' },
      false,
    ],
    [
      'a key of the same admin as the proposing key, held by somebody else',
      { ...person('approver', 'key:k1'), kind: 'api-key', createdBy: 'user:root@x.de' },
      { principal: 'key:k2', createdBy: 'user:root@x.de' },
      true,
    ],
    [
      'the person at the terminal, also of their own',
      { ...person('admin', 'user:local'), kind: 'terminal' },
      { principal: 'user:local' },
      true,
    ],
  ])('%s', (_name, identity, proposer, allowed) => {
    const approve = (): void => assertMayApprove(identity, proposer);
    if (allowed) expect(approve).not.toThrow();
    else expect(approve).toThrow(expect.objectContaining({ code: 'permission_denied' }));
  });
});
