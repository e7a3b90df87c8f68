import { DEFAULT_MAX_ATTEMPTS, verdictOf } from '../../shared/bus/delivery-rules.ts';
import type { Delivery, MessageBus, ReceivedLetter } from '../../shared/bus/message-bus.ts';
import { TenantId } from '../../shared/contracts/run.ts';
import type { RunRequestReply } from '../../shared/contracts/run-event.ts';
import { StartRunRequest } from '../../shared/contracts/start-run.ts';
import type { RunTopic } from '../../shared/contracts/tenant.ts';
import { AppError } from '../../shared/core/errors.ts';
import { deterministicId } from '../../shared/core/ids.ts';
import { parseJsonBody } from '../../shared/core/json-body.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { parseInput, problemOf } from '../../shared/core/problem-details.ts';
import type { JournalDeps } from '../../shared/journal/run-journal.ts';
import { assertMay } from '../../shared/policy/roles.ts';
import { startRun } from '../../shared/tenants/start-run.ts';
import { tenantSettings } from '../../shared/tenants/tenant-settings.ts';
import { letterOf } from './cloud-events.ts';

export const RUN_REQUESTS = 'rodex-runs-';

export interface RunRequestDeps extends JournalDeps {
  readonly bus: Pick<MessageBus, 'publish' | 'send'>;
  readonly log: Logger;
}

/** What a request is known by, from its message's attributes: whoever sends it again gives the same. */
const KEY = 'idempotencyKey';
/** A topic, out of the tenant's list, that hears what became of the request. */
const REPLY_TO = 'replyTo';
const MAX_KEY = 200;

interface Reply {
  readonly type: RunRequestReply['type'];
  readonly data: Record<string, unknown>;
}

/**
 * Starts the run that a message on `rodex-runs-{tenant}` asks for: its body is that of `POST /v1/runs`. Tenant and role are the
 * subscription's, whatever the message says. The same key, else the same message, gives the same run. What can never start a run is told
 * to the reply topic and set aside.
 */
export async function takeRunRequest(
  deps: RunRequestDeps,
  letter: ReceivedLetter,
  delivery: Delivery,
): Promise<void> {
  const tenantId = TenantId.parse(letter.subscription.slice(RUN_REQUESTS.length));
  const { runTopic } = await tenantSettings(deps.store, tenantId);
  const replyTo = replyTopic(runTopic, letter);
  const given = letter.attributes[KEY];
  const key = (given ?? delivery.messageId).slice(0, MAX_KEY);
  const reply = async ({ type, data }: Reply): Promise<void> => {
    if (replyTo === undefined) return;
    const event = {
      specversion: '1.0',
      id: deterministicId('reply', tenantId, key, type),
      source: `/tenants/${tenantId}/requests`,
      type,
      time: deps.clock.iso(),
      subject: key,
      datacontenttype: 'application/json',
      data: { schemaVersion: 1, tenantId, key, ...data },
    } as RunRequestReply;
    await deps.bus.send(letterOf(replyTo, event, { tenantId, key }));
  };
  try {
    if (given !== undefined && (given === '' || given.length > MAX_KEY))
      throw new AppError('invalid_request', `${KEY}: 1 to ${MAX_KEY} characters`);
    const { runId, created } = await start(deps, tenantId, runTopic, key, letter.body);
    await reply({ type: 'rodex.request.accepted', data: { runId, created } });
  } catch (error) {
    const refused = AppError.from(error);
    const verdict = verdictOf(refused, delivery.attempt, DEFAULT_MAX_ATTEMPTS);
    if (verdict.kind === 'nack') throw error;
    deps.log.warn('a run request was refused', { tenantId, key, code: refused.code });
    await reply({ type: 'rodex.request.refused', data: { problem: problemOf(refused) } });
    // Set aside whatever the code means elsewhere: nobody else will say that it started nothing.
    throw new AppError('invalid_message', `${refused.code}: ${refused.message}`, { cause: error });
  }
}

/** Errors: `permission_denied` for a topic that is not on the tenant's list: nothing is sent there, not even the problem. */
function replyTopic({ replyTopics }: RunTopic, letter: ReceivedLetter): string | undefined {
  const asked = letter.attributes[REPLY_TO];
  if (asked === undefined || replyTopics.includes(asked)) return asked;
  throw new AppError(
    'permission_denied',
    `${REPLY_TO}: "${asked.slice(0, 100)}" is none of the tenant's reply topics (${replyTopics.join(', ') || 'it has none'})`,
  );
}

async function start(
  deps: RunRequestDeps,
  tenantId: string,
  runTopic: RunTopic,
  key: string,
  body: string,
): Promise<{ runId: string; created: boolean }> {
  const actor = `service:${RUN_REQUESTS}${tenantId}`;
  if (!runTopic.enabled)
    throw new AppError(
      'permission_denied',
      `the topic of ${tenantId} is off; an admin of the platform turns it on (runTopic.enabled)`,
    );
  const { role } = runTopic;
  assertMay(
    { principal: actor, kind: 'service', tenantId, role, platformAdmin: false },
    'runs.start',
  );
  const asked = parseInput('invalid_request', StartRunRequest, parseJsonBody(Buffer.from(body)));
  const { run, created } = await startRun(
    deps,
    { tenantId, actor, idempotencyKey: `${RUN_REQUESTS}${key}` },
    asked,
  );
  return { runId: run.runId, created };
}
