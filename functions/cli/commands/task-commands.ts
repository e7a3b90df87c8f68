import { collect, type CommandKit } from '../command-kit.ts';

/** Templates and schedules, and how commands reach a platform. */
export function addTaskCommands({ program, act, json }: CommandKit): void {
  const templates = program.command('templates').description('named goals with typed inputs');
  templates
    .command('list')
    .description('all versions')
    .addOption(json())
    .action(act(async () => (await import('./tasks.ts')).templatesListCommand));
  templates
    .command('create')
    .argument('<file>', 'JSON: name, goal, inputs, contract; - for standard input')
    .description('make a template, or the next version of one')
    .addOption(json())
    .action(act(async () => (await import('./tasks.ts')).templatesCreateCommand));
  templates
    .command('retire')
    .argument('<name@version>')
    .description('start no more runs of a version')
    .addOption(json())
    .action(act(async () => (await import('./tasks.ts')).templatesRetireCommand));
  templates
    .command('run')
    .argument('<name@version>')
    .description('start a run of a template, show it, print its result')
    .option('--input <name=value>', 'an input (repeatable)', collect)
    .addOption(json())
    .action(act(async () => (await import('./tasks.ts')).templatesRunCommand));
  const schedules = program.command('schedules').description('recurring runs');
  schedules
    .command('list')
    .description('all schedules')
    .addOption(json())
    .action(act(async () => (await import('./tasks.ts')).schedulesListCommand));
  schedules
    .command('set')
    .argument('<name>')
    .argument('<cron>', 'minute, hour, day of month, month, day of week')
    .description('make or change a schedule')
    .requiredOption('--template <name@version>', 'what it runs')
    .option('--zone <zone>', 'IANA time zone (default: UTC)')
    .option('--input <name=value>', 'an input (repeatable)', collect)
    .option('--catch-up <policy>', 'skip, latest or all: slots that were missed')
    .addOption(json())
    .action(act(async () => (await import('./tasks.ts')).schedulesSetCommand));
  for (const [name, said] of [
    ['show', 'a schedule and its next ten times'],
    ['pause', 'start nothing until it is resumed'],
    ['resume', 'go on with the next slot'],
    ['rm', 'remove a schedule; its runs stay'],
  ] as const)
    schedules
      .command(name)
      .argument('<name>')
      .description(said)
      .addOption(json())
      .action(act(async () => (await import('./tasks.ts')).scheduleCommands[name]));
  const context = program.command('context').description('platforms that commands talk to');
  context
    .command('list')
    .addOption(json())
    .action(act(async () => (await import('./context.ts')).contextListCommand));
  context
    .command('set')
    .argument('<name>')
    .requiredOption('--url <url>', 'where it answers')
    .option('--tenant <tenant>')
    .option('--key', 'read its API key from standard input')
    .addOption(json())
    .action(act(async () => (await import('./context.ts')).contextSetCommand));
  context
    .command('use')
    .argument('<name>', 'local: the platform of this machine')
    .addOption(json())
    .action(act(async () => (await import('./context.ts')).contextUseCommand));
  context
    .command('rm')
    .argument('<name>')
    .addOption(json())
    .action(act(async () => (await import('./context.ts')).contextRemoveCommand));
  program
    .command('mcp')
    .description(
      'serve runs to other agents over the Model Context Protocol, on standard input and output',
    )
    .addOption(json())
    .action(act(async () => (await import('./mcp.ts')).mcpCommand));
  program
    .command('completion')
    .argument('<shell>', 'bash, zsh or fish')
    .description('print a script that completes commands and options')
    .action(
      act(async () => async (context, shell: string) => {
        const { completionScript } = await import('./completion.ts');
        context.out.write(completionScript(program, shell));
        return 0;
      }),
    );
}
