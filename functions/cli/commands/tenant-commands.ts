import { collect, wholeNumber, type CommandKit } from '../command-kit.ts';

const MAX_RETENTION_DAYS = 3_650;

/** Who may do what in a tenant, and how much: keys, members, usage, tenants. */
export function addTenantCommands({ program, act, json }: CommandKit): void {
  const keys = program.command('keys').description('API keys of the tenant');
  keys
    .command('create')
    .argument('<name>')
    .requiredOption('--role <role>', 'viewer, operator, builder, approver, auditor or admin')
    .description('make a key; it is shown once')
    .addOption(json())
    .action(act(async () => (await import('./keys.ts')).keysCreateCommand));
  keys
    .command('list')
    .description('names, roles, last use; never secrets')
    .addOption(json())
    .action(act(async () => (await import('./keys.ts')).keysListCommand));
  keys
    .command('rotate')
    .argument('<key-id>')
    .description('a new key for the same principal; the old one is taken for a day more')
    .addOption(json())
    .action(act(async () => (await import('./keys.ts')).keysRotateCommand));
  keys
    .command('revoke')
    .argument('<key-id>')
    .description('no longer accepted, at once')
    .addOption(json())
    .action(act(async () => (await import('./keys.ts')).keysRevokeCommand));
  program
    .command('usage')
    .description('what the tenant uses, beside its quotas')
    .addOption(json())
    .action(act(async () => (await import('./keys.ts')).usageCommand));
  const members = program
    .command('members')
    .description('people and service accounts of the tenant');
  members
    .command('list')
    .description('who may do what')
    .addOption(json())
    .action(act(async () => (await import('./tenants.ts')).membersListCommand));
  members
    .command('set')
    .argument('<email>')
    .requiredOption('--role <role>', 'viewer, operator, builder, approver, auditor or admin')
    .description('make somebody a member, or change their role')
    .addOption(json())
    .action(act(async () => (await import('./tenants.ts')).membersSetCommand));
  members
    .command('rm')
    .argument('<email>')
    .description('no member any more, at once')
    .addOption(json())
    .action(act(async () => (await import('./tenants.ts')).membersRemoveCommand));
  const tenants = program.command('tenants').description('quotas and retention, tenant by tenant');
  tenants
    .command('list')
    .description('all tenants; for admins of the platform')
    .addOption(json())
    .action(act(async () => (await import('./tenants.ts')).tenantsListCommand));
  tenants
    .command('show')
    .argument('[tenant]', 'default: yours')
    .description('its quotas, topic and retention')
    .addOption(json())
    .action(act(async () => (await import('./tenants.ts')).tenantsShowCommand));
  tenants
    .command('set')
    .argument('[tenant]', 'default: yours')
    .description('make a tenant, or change what is named; for admins of the platform')
    .option('--name <name>')
    .option(
      '--quota <name=limit>',
      'concurrentRuns, openRuns, tokensPerDay, microUsdPerDay or storageBytes; `none` lifts it (repeatable)',
      collect,
    )
    .option(
      '--retention-days <days>',
      'remove runs so long after they ended; 0 keeps them',
      wholeNumber(0, MAX_RETENTION_DAYS),
    )
    .addOption(json())
    .action(act(async () => (await import('./tenants.ts')).tenantsSetCommand));
}
