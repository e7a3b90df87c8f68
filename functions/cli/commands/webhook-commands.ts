import { collect, wholeNumber, type CommandKit } from '../command-kit.ts';

/** Events of runs, sent to endpoints. */
export function addWebhookCommands({ program, act, json }: CommandKit): void {
  const webhooks = program
    .command('webhooks')
    .description('endpoints that events of runs are sent to');
  webhooks
    .command('add')
    .argument('<url>', 'https://…')
    .description('send events there; the secret that signs them is shown once')
    .option('--name <name>', 'what you call it (default: its host)')
    .option('--event <event>', 'only this, such as failed or waiting (repeatable)', collect)
    .addOption(json())
    .action(act(async () => (await import('./webhooks.ts')).webhooksAddCommand));
  webhooks
    .command('list')
    .description('all webhooks; never their secrets')
    .addOption(json())
    .action(act(async () => (await import('./webhooks.ts')).webhooksListCommand));
  webhooks
    .command('rotate')
    .argument('<webhook-id>')
    .description('a new secret, shown once; both sign for a while')
    .option('--overlap <hours>', 'how long both sign', wholeNumber(0, 720), 24)
    .addOption(json())
    .action(act(async () => (await import('./webhooks.ts')).webhooksRotateCommand));
  for (const [name, enabled, said] of [
    ['off', false, 'send nothing until it is on again'],
    ['on', true, 'send again'],
  ] as const)
    webhooks
      .command(name)
      .argument('<webhook-id>')
      .description(said)
      .addOption(json())
      .action(act(async () => (await import('./webhooks.ts')).webhooksTurn(enabled)));
  webhooks
    .command('rm')
    .argument('<webhook-id>')
    .description('remove it')
    .addOption(json())
    .action(act(async () => (await import('./webhooks.ts')).webhooksRemoveCommand));
  webhooks
    .command('deliveries')
    .description('what was sent, newest first')
    .option('--status <status>', 'pending, delivered or dead')
    .option('--webhook <webhook-id>', 'of one webhook')
    .option('--limit <count>', 'how many', wholeNumber(1, 200), 20)
    .addOption(json())
    .action(act(async () => (await import('./webhooks.ts')).deliveriesCommand));
  webhooks
    .command('replay')
    .argument('<delivery-id>')
    .description('send it again, under the same id')
    .addOption(json())
    .action(act(async () => (await import('./webhooks.ts')).replayCommand));
}
