import { collect, type CommandKit } from '../command-kit.ts';

/** Credentials, by name. */
export function addSecretsCommands({ program, act, json }: CommandKit): void {
  const secrets = program
    .command('secrets')
    .description(
      'credentials that runs may type, by name: of the platform that is named or up, else of this machine',
    );
  secrets
    .command('set')
    .argument('<name>')
    .description('store a secret: value from a hidden prompt, or standard input')
    .requiredOption('--origin <url>', 'where it may be typed (repeatable)', collect)
    .option('--totp', 'it is a seed of one-time codes: an otpauth: URI or Base32')
    .addOption(json())
    .action(act(async () => (await import('./secrets.ts')).secretsSetCommand));
  secrets
    .command('rotate')
    .argument('<name>')
    .description('a new value for a secret, for the same origins')
    .option('--totp', 'it is a seed of one-time codes (found out by itself on this machine)')
    .addOption(json())
    .action(act(async () => (await import('./secrets.ts')).secretsRotateCommand));
  secrets
    .command('list')
    .description('names and origins, never values')
    .addOption(json())
    .action(act(async () => (await import('./secrets.ts')).secretsListCommand));
  secrets
    .command('rm')
    .argument('<name>')
    .description('remove a secret')
    .addOption(json())
    .action(act(async () => (await import('./secrets.ts')).secretsRemoveCommand));
}

/** The floor under all runs of the tenant. */
export function addPolicyCommands({ program, act, json }: CommandKit): void {
  const policy = program.command('policy').description('what every run must keep to');
  policy
    .command('show')
    .addOption(json())
    .action(act(async () => (await import('./policy.ts')).policyShowCommand));
  policy
    .command('set')
    .argument('<file>', 'JSON, as docs/contracts/tenant-policy.schema.json has it')
    .addOption(json())
    .action(act(async () => (await import('./policy.ts')).policySetCommand));
}
