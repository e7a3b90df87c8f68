import { messagesOnly } from '../../shared/bus/delivery-rules.ts';
import type { LetterHandler, MessageHandler } from '../../shared/bus/message-bus.ts';
import {
  createPushFunction,
  type HttpHandler,
  type PushFunctionOptions,
} from '../../shared/hosting/push-function.ts';
import { deliver, type DeliverDeps } from './deliver.ts';
import { RUN_REQUESTS, takeRunRequest, type RunRequestDeps } from './run-requests.ts';
import { tellRun, type TellDeps } from './tell-run.ts';

export type TriggersDeps = RunRequestDeps & TellDeps & DeliverDeps;

/** Subscription of what this platform itself says. */
export const CHANGES = 'rodex-changes';

/** What triggers do with what comes in, pulled or pushed: the subscription decides what it is, never the body. */
export function triggersHandler(deps: TriggersDeps): LetterHandler {
  const onMessage: MessageHandler = async (message) => {
    if (message.type === 'run.changed') await tellRun(deps, message.tenantId, message.runId);
    if (message.type === 'delivery.due') await deliver(deps, message.tenantId, message.deliveryId);
  };
  const ofOurs = messagesOnly(onMessage);
  return async (letter, delivery) =>
    letter.subscription.startsWith(RUN_REQUESTS)
      ? takeRunRequest(deps, letter, delivery)
      : ofOurs(letter, delivery);
}

/** The function `triggers`, pushed to by Pub/Sub. */
export function createTriggersFunction(
  deps: TriggersDeps,
  options: Omit<PushFunctionOptions, 'log'>,
): HttpHandler {
  return createPushFunction({ ...options, log: deps.log }, triggersHandler(deps));
}
