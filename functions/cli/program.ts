import { Command, InvalidArgumentError, Option } from 'commander';

import type { AppError } from '../../shared/core/errors.ts';
import type { Config } from '../../shared/core/config.ts';
import { contextOf, type CommandContext } from './session.ts';
import { packageVersion } from './version.ts';

const EXIT_HELP = `
Exit status: 0 success; 1 the run failed; 2 bad usage, request or configuration; 3 needs an approval; 4 needs an answer;
5 a step's outcome must be looked up; 6 cancelled; 7 expired; 8 the machine lacks something; 9 site or model unreachable;
10 the log is damaged; 130 interrupted. Environment variables: .env.example.`;

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`A whole number from ${min} to ${max}.`);
    return value;
  };
const portNumber = wholeNumber(0, 65_535);

const collect = (value: string, before: string[] = []): string[] => [...before, value];

export interface ProgramOptions {
  readonly config: () => Config;
  readonly signal: AbortSignal;
  /** Told the exit status of the command that ran. */
  readonly done: (status: number) => void;
}

/** The command line `rodex`. */
export function createProgram({ config, signal, done }: ProgramOptions): Command {
  const program = new Command('rodex')
    .description('Plain-language goals become durable, audited browser runs.')
    .version(packageVersion(), '-v, --version')
    .addHelpText('after', EXIT_HELP)
    .showHelpAfterError('(rodex --help lists the commands)')
    .exitOverride();

  // Each command brings its own imports: `rodex runs` need not load a browser.
  const act =
    <Arguments extends unknown[]>(
      load: () => Promise<(context: CommandContext, ...rest: Arguments) => Promise<number>>,
    ) =>
    async (...rest: [...Arguments, ...unknown[]]): Promise<void> => {
      const options = rest.at(-2) as { json?: boolean };
      const context = contextOf(config(), { json: options.json ?? false, signal });
      const work = await load();
      done(await work(context, ...(rest as unknown as Arguments)));
    };
  const json = (): Option =>
    new Option('--json', 'print JSON on stdout, everything else on stderr');

  program
    .command('run')
    .argument('<goal>', 'what is to be done, in plain language')
    .description('start a run, show it, print its result')
    .option('--url <url>', 'where to start; that origin only is allowed')
    .option('--allow <url>', 'another origin that may be shown (repeatable)', collect)
    .option('--input <name=value>', 'a value for {{input.NAME}} (repeatable)', collect)
    .option('--secret <name>', 'a stored secret that the run may use (repeatable)', collect)
    .option(
      '--allow-commit <name>',
      'a button that may act for good without asking (repeatable)',
      collect,
    )
    .addOption(json())
    .action(act(async () => (await import('./commands/run.ts')).runCommand));
  program
    .command('demo')
    .argument('[goal]', 'another goal; needs --url')
    .description('start the demo site and do a day of work on it')
    .option('--url <url>', 'another site; that origin only is allowed')
    .option('--input <name=value>', 'a value for {{input.NAME}} (repeatable)', collect)
    .option(
      '--allow-commit <name>',
      'a button that may act for good without asking (repeatable)',
      collect,
    )
    .option('--seed <number>', 'data and wording of the demo site', wholeNumber(0, 1_000_000))
    .addOption(json())
    .action(act(async () => (await import('./commands/demo.ts')).demoCommand));
  program
    .command('watch')
    .argument('<run>')
    .description('follow a run; goes on with one that stands')
    .addOption(json())
    .action(act(async () => (await import('./commands/run.ts')).watchCommand));
  program
    .command('runs')
    .description('list runs, newest first')
    .option('--status <status>')
    .option('--limit <number>', 'default: 20', wholeNumber(1, 200))
    .addOption(json())
    .action(act(async () => (await import('./commands/runs.ts')).runsCommand));
  program
    .command('show')
    .argument('<run>')
    .description('tell the story of a run from its log')
    .addOption(json())
    .action(act(async () => (await import('./commands/runs.ts')).showCommand));
  program
    .command('cancel')
    .argument('<run>')
    .description('cancel a run')
    .option('--reason <text>')
    .addOption(json())
    .action(act(async () => (await import('./commands/runs.ts')).cancelCommand));
  program
    .command('artifacts')
    .argument('<run>')
    .description('list the files of a run, or save them')
    .option('--out <folder>', 'save them there')
    .addOption(json())
    .action(act(async () => (await import('./commands/runs.ts')).artifactsCommand));
  program
    .command('answer')
    .argument('<run>')
    .argument('<answer>', 'approve, deny, acted, not-acted, or the text asked for')
    .description('answer what a run waits for')
    .addOption(json())
    .action(act(async () => (await import('./commands/runs.ts')).answerCommand));
  program
    .command('up')
    .description('keep the platform and its API up')
    .option('--port <port>', 'default: PORT, or 8080', portNumber)
    .option('--slots <number>', 'runs at once', wholeNumber(1, 64))
    .addOption(json())
    .action(act(async () => (await import('./commands/up.ts')).upCommand));
  program
    .command('doctor')
    .description('say what this machine lacks, and how to get it')
    .addOption(json())
    .action(act(async () => (await import('./commands/doctor.ts')).doctorCommand));
  const audit = program.command('audit').description('the tamper-evident log');
  audit
    .command('verify')
    .description('verify the logs of all runs, or of one')
    .option('--run <run>')
    .addOption(json())
    .action(act(async () => (await import('./commands/audit.ts')).auditVerifyCommand));
  const secrets = program.command('secrets').description('credentials that runs may type, by name');
  secrets
    .command('set')
    .argument('<name>')
    .description('store a secret: value from a hidden prompt, or standard input')
    .requiredOption('--origin <url>', 'where it may be typed (repeatable)', collect)
    .addOption(json())
    .action(act(async () => (await import('./commands/secrets.ts')).secretsSetCommand));
  secrets
    .command('list')
    .description('names and origins, never values')
    .addOption(json())
    .action(act(async () => (await import('./commands/secrets.ts')).secretsListCommand));
  secrets
    .command('rm')
    .argument('<name>')
    .description('remove a secret')
    .addOption(json())
    .action(act(async () => (await import('./commands/secrets.ts')).secretsRemoveCommand));
  program
    .command('gemini-server')
    .description('serve the offline planner over the Gemini wire protocol, SSE and Live')
    .option(
      '--script <file>',
      'answer from a script with its faults instead: a JSON list of answers',
    )
    .option('--port <port>', 'default: any', portNumber)
    .addOption(json())
    .action(act(async () => (await import('./commands/gemini-server.ts')).geminiServerCommand));
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
