import { Option } from 'commander';

import { TracePart } from '../../../shared/contracts/browser-options.ts';
import { collect, wholeNumber, type CommandKit } from '../command-kit.ts';

/** Starting, watching and answering runs. */
export function addRunCommands({ program, act, json }: CommandKit): void {
  program
    .command('run')
    .argument('<goal>', 'what is to be done, in plain language')
    .description('start a run, show it, print its result')
    .option('--url <url>', 'where to start; that origin only is allowed')
    .option('--allow <url>', 'another origin that may be shown (repeatable)', collect)
    .option('--input <name=value>', 'a value for {{input.NAME}} (repeatable)', collect)
    .option('--secret <name>', 'a stored secret that the run may use (repeatable)', collect)
    .addOption(
      new Option('--level <level>', 'how much is asked (default: standard)').choices([
        'strict',
        'standard',
        'autonomous',
      ]),
    )
    .option(
      '--allow-commit <name>',
      'a button that may act for good without asking (repeatable)',
      collect,
    )
    .option(
      '--trace [parts]',
      `record the run for looking at it later: all, or some of ${TracePart.options.join(', ')} with commas between`,
    )
    .addOption(json())
    .action(act(async () => (await import('./run.ts')).runCommand));
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
    .option('--gcp-emulators', "on Google Cloud's emulators, every function a process of its own")
    .option('--seed <number>', 'data and wording of the demo site', wholeNumber(0, 1_000_000))
    .addOption(json())
    .action(act(async () => (await import('./demo.ts')).demoCommand));
  program
    .command('approvals')
    .description('list what waits for a yes or a no, with the facts')
    .addOption(json())
    .action(act(async () => (await import('./approvals.ts')).approvalsCommand));
  for (const [name, what] of [
    ['approve', 'let what a run waits with go, once'],
    ['deny', 'refuse what a run waits with'],
  ] as const)
    program
      .command(name)
      .argument('<run>')
      .description(what)
      .option('--request <id>', 'only if the run still asks this')
      .addOption(json())
      .action(
        act(async () => {
          const { approveCommand, denyCommand } = await import('./approvals.ts');
          return name === 'approve' ? approveCommand : denyCommand;
        }),
      );
  program
    .command('watch')
    .argument('<run>')
    .description('follow a run; goes on with one that stands')
    .addOption(json())
    .action(act(async () => (await import('./run.ts')).watchCommand));
  program
    .command('runs')
    .description('list runs, newest first')
    .option('--status <status>')
    .option('--limit <number>', 'default: 20', wholeNumber(1, 200))
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).runsCommand));
  program
    .command('show')
    .argument('<run>')
    .description('tell the story of a run from its log')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).showCommand));
  program
    .command('cancel')
    .argument('<run>')
    .description('cancel a run')
    .option('--reason <text>')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).cancelCommand));
  program
    .command('pause')
    .argument('<run>')
    .description('begin nothing more in a run until it is resumed')
    .option('--reason <text>')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).pauseCommand));
  program
    .command('resume')
    .argument('<run>')
    .description('let a paused run go on')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).resumeCommand));
  program
    .command('artifacts')
    .argument('<run>')
    .description('list the files of a run, or save them')
    .option('--out <folder>', 'save them there')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).artifactsCommand));
  program
    .command('take-over')
    .argument('<run>')
    .description('say where to use the browser of a run that asks for your hands')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).takeOverCommand));
  program
    .command('answer')
    .argument('<run>')
    .argument(
      '[answer]',
      'approve, deny, acted, not-acted, or the text asked for; a secret comes from a hidden prompt or standard input',
    )
    .description('answer what a run waits for')
    .addOption(json())
    .action(act(async () => (await import('./runs.ts')).answerCommand));
}
