import { RunEventType } from '../../../shared/contracts/run-event.ts';
import {
  DeliveryStatus,
  type IssuedWebhook,
  type Webhook,
  type WebhookDelivery,
} from '../../../shared/contracts/webhook.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { withClient, type CommandContext } from '../session.ts';
import { plain } from '../terminal-text.ts';
import { allOf } from './keys.ts';

const SHORT = 'rodex.run.';

/** `failed` is `rodex.run.failed`. */
function eventsOf(given: readonly string[]): RunEventType[] {
  return given.map((name) => {
    const type = RunEventType.safeParse(name.startsWith(SHORT) ? name : `${SHORT}${name}`);
    if (type.success) return type.data;
    const names = RunEventType.options.map((option) => option.slice(SHORT.length));
    throw new AppError('invalid_request', `--event ${name}: one of ${names.join(', ')}`);
  });
}

function show(context: CommandContext, webhook: Webhook): void {
  if (context.json) {
    context.out.write(`${JSON.stringify(webhook)}\n`);
    return;
  }
  const { webhookId, name, url, enabled, events } = webhook;
  const all = events.length === RunEventType.options.length;
  const said = all ? 'all events' : events.map((type) => type.slice(SHORT.length)).join(', ');
  context.out.write(
    `${webhookId}  ${enabled ? 'on ' : 'off'}  ${plain(name, 30).padEnd(20)}  ${plain(url, 100)}  (${said})\n`,
  );
}

/** The secret on standard output alone, so that it can be piped to where it is kept. */
function showIssued(context: CommandContext, issued: IssuedWebhook, about: string): void {
  if (context.json) {
    context.out.write(`${JSON.stringify(issued)}\n`);
    return;
  }
  context.err.write(`${issued.webhook.webhookId} ${about}; the secret is not shown again:\n`);
  context.out.write(`${issued.secret}\n`);
}

export async function webhooksAddCommand(
  context: CommandContext,
  url: string,
  options: { name?: string; event?: string[] },
): Promise<number> {
  const events = options.event && { events: eventsOf(options.event) };
  if (!URL.canParse(url)) throw new AppError('invalid_request', `${url} is no URL; https://…`);
  const name = options.name ?? new URL(url).host;
  return withClient(context, async (client) => {
    const issued = await client.createWebhook({ name, url, ...events });
    showIssued(context, issued, `sends to ${new URL(url).origin}`);
    return 0;
  });
}

export async function webhooksListCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const all = await allOf('webhooks', async (page) => client.webhooks(page));
    if (context.json) context.out.write(`${JSON.stringify(all)}\n`);
    else if (all.length === 0) context.err.write('no webhooks; make one with rodex webhooks add\n');
    else for (const webhook of all) show(context, webhook);
    return 0;
  });
}

export const webhooksTurn =
  (enabled: boolean) =>
  async (context: CommandContext, webhookId: string): Promise<number> =>
    withClient(context, async (client) => {
      show(context, await client.changeWebhook(webhookId, { enabled }));
      return 0;
    });

export async function webhooksRotateCommand(
  context: CommandContext,
  webhookId: string,
  options: { overlap: number },
): Promise<number> {
  return withClient(context, async (client) => {
    const issued = await client.rotateWebhook(webhookId, options.overlap * 3_600_000);
    const old = options.overlap === 0 ? 'no longer signs' : `signs for ${options.overlap} h more`;
    showIssued(context, issued, `has a new secret, the old one ${old}`);
    return 0;
  });
}

export async function webhooksRemoveCommand(
  context: CommandContext,
  webhookId: string,
): Promise<number> {
  return withClient(context, async (client) => {
    await client.removeWebhook(webhookId);
    if (context.json) context.out.write(`${JSON.stringify({ webhookId })}\n`);
    else context.err.write(`${webhookId} is gone; nothing more is sent there\n`);
    return 0;
  });
}

/** What somebody else's server answered is shown as untrusted text. */
function outcomeOf({ status, attempts, nextAttemptAt, lastAttempt }: WebhookDelivery): string {
  const { error, response } = lastAttempt ?? {};
  const tried = `${attempts} attempt${attempts === 1 ? '' : 's'}`;
  if (status === 'delivered') return tried;
  const next = nextAttemptAt === undefined ? '' : `, next ${nextAttemptAt.slice(0, 19)}Z`;
  const why = error === undefined ? '' : `: ${plain(error, 120)}`;
  const said = response === undefined ? '' : ` ("${plain(response, 60)}")`;
  return `${tried}${next}${why}${said}`;
}

function showDelivery(context: CommandContext, delivery: WebhookDelivery): void {
  if (context.json) {
    context.out.write(`${JSON.stringify(delivery)}\n`);
    return;
  }
  const { deliveryId, status, event } = delivery;
  const type = event.type.slice(SHORT.length);
  context.out.write(
    `${deliveryId}  ${status.padEnd(9)}  ${type.padEnd(9)}  ${event.subject}  ${outcomeOf(delivery)}\n`,
  );
}

export async function deliveriesCommand(
  context: CommandContext,
  options: { status?: string; webhook?: string; limit: number },
): Promise<number> {
  const status = DeliveryStatus.optional().safeParse(options.status);
  if (!status.success)
    throw new AppError(
      'invalid_request',
      `--status ${options.status}: one of ${DeliveryStatus.options.join(', ')}`,
    );
  return withClient(context, async (client) => {
    const { deliveries } = await client.deliveries({
      limit: options.limit,
      ...(status.data !== undefined && { status: status.data }),
      ...(options.webhook !== undefined && { webhookId: options.webhook }),
    });
    if (context.json) context.out.write(`${JSON.stringify(deliveries)}\n`);
    else if (deliveries.length === 0) context.err.write('no deliveries\n');
    else for (const delivery of deliveries) showDelivery(context, delivery);
    return 0;
  });
}

export async function replayCommand(context: CommandContext, deliveryId: string): Promise<number> {
  return withClient(context, async (client) => {
    showDelivery(context, await client.replayDelivery(deliveryId));
    return 0;
  });
}
