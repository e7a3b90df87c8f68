import { Command } from 'commander';

import type { AppError } from '../../shared/core/errors.ts';
import { commandKit, type ProgramOptions } from './command-kit.ts';
import { addAuditCommands } from './commands/audit-commands.ts';
import { addPlatformCommands } from './commands/platform-commands.ts';
import { addRunCommands } from './commands/run-commands.ts';
import { addPolicyCommands, addSecretsCommands } from './commands/secrets-commands.ts';
import { addTaskCommands } from './commands/task-commands.ts';
import { addTenantCommands } from './commands/tenant-commands.ts';
import { addWebhookCommands } from './commands/webhook-commands.ts';
import { packageVersion } from '../../shared/core/package-version.ts';

const EXIT_HELP = `
Exit status: 0 success; 1 the run failed; 2 bad usage, request or configuration; 3 needs an approval; 4 needs an answer;
5 a step's outcome must be looked up; 6 cancelled; 7 expired; 8 the machine lacks something; 9 site or model unreachable;
10 the log is damaged; 130 interrupted. Environment variables: .env.example.`;

/** The command line `rodex`. */
export function createProgram(options: ProgramOptions): Command {
  const program = new Command('rodex')
    .description('Plain-language goals become durable, audited browser runs.')
    .version(packageVersion(), '-v, --version')
    .addHelpText('after', EXIT_HELP)
    .showHelpAfterError('(rodex --help lists the commands)')
    .exitOverride();
  const kit = commandKit(program, options);
  addRunCommands(kit);
  addAuditCommands(kit);
  addSecretsCommands(kit);
  addPolicyCommands(kit);
  addTaskCommands(kit);
  addTenantCommands(kit);
  addWebhookCommands(kit);
  addPlatformCommands(kit);
  return program;
}

/** What to print for an error: code, text, and the stack only when asked for. */
export function errorText(error: AppError, verbose: boolean): string {
  const cause = verbose
    ? `\n${error.stack ?? ''}${error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? ''}` : ''}`
    : '';
  const hint = error.code === 'internal' && !verbose ? '\nset RODEX_LOG=debug to see where' : '';
  return `rodex: ${error.code}: ${error.message}${hint}${cause}\n`;
}
