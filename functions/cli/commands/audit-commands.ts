import { wholeNumber, type CommandKit } from '../command-kit.ts';

/** The tamper-evident log. */
export function addAuditCommands({ program, act, json }: CommandKit): void {
  const audit = program.command('audit').description('the tamper-evident log');
  audit
    .command('verify')
    .description('verify what is stored and what was exported; with --export, an export alone')
    .option('--run <run>', 'one run')
    .option('--tenant <tenant>')
    .option('--export <folder>', 'an export, offline: needs --key and nothing else')
    .option('--key <key>', 'the public key, or a file of keys, one a line, the newest last')
    .option('--since <checkpoint>', 'a checkpoint kept from earlier: a file, or its text')
    .addOption(json())
    .action(act(async () => (await import('./audit-verify.ts')).auditVerifyCommand));
  audit
    .command('key')
    .description('the public key by which everybody can verify, below those before it')
    .addOption(json())
    .action(act(async () => (await import('./audit.ts')).auditKeyCommand));
  audit
    .command('export')
    .description('sign what is new and copy all that was signed to a folder')
    .requiredOption('--out <folder>')
    .option('--tenant <tenant>')
    .addOption(json())
    .action(act(async () => (await import('./audit.ts')).auditExportCommand));
  audit
    .command('show')
    .argument('[entry]', 'RUN/NUMBER; absent: the log of what belongs to no run')
    .description('show entries, decrypted')
    .option('--tenant <tenant>')
    .addOption(json())
    .action(act(async () => (await import('./audit.ts')).auditShowCommand));
  audit
    .command('prove')
    .argument('[entry]', 'RUN/NUMBER, such as run_x/12; absent: --earlier alone')
    .description('the proof, for a third party, that an entry is in the signed log')
    .option(
      '--earlier <size>',
      'and that the checkpoint of that size is its beginning',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option('--tenant <tenant>')
    .addOption(json())
    .action(act(async () => (await import('./audit.ts')).auditProveCommand));
  audit
    .command('erase')
    .description('destroy the content of runs; their logs still verify')
    .option('--run <run>')
    .option('--requested-by <actor>', 'all runs that somebody asked for, such as user:ada')
    .option('--label <name=value>', 'all runs with a label')
    .requiredOption('--reason <text>', 'stands in the log, in clear')
    .option('--tenant <tenant>')
    .addOption(json())
    .action(act(async () => (await import('./audit.ts')).auditEraseCommand));
  audit
    .command('prune')
    .description('remove runs whose time is up, once all of them is signed and exported')
    .requiredOption('--before <date>', 'runs that ended before it')
    .option('--tenant <tenant>')
    .addOption(json())
    .action(act(async () => (await import('./audit.ts')).auditPruneCommand));
}
