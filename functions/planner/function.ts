import { messagesOnly } from '../../shared/bus/delivery-rules.ts';
import type { MessageHandler } from '../../shared/bus/message-bus.ts';
import {
  createPushFunction,
  type HttpHandler,
  type PushFunctionOptions,
} from '../../shared/hosting/push-function.ts';
import type { Planner } from './planner.ts';

/** What the planner does with a message, pulled or pushed. */
export function planHandler(planner: Planner, signal: AbortSignal): MessageHandler {
  return async (message) => {
    if (message.type === 'plan.requested') await planner.handle(message, signal);
  };
}

/** The function `planner`, pushed to by Pub/Sub. */
export function createPlannerFunction(planner: Planner, options: PushFunctionOptions): HttpHandler {
  return createPushFunction(options, messagesOnly(planHandler(planner, options.signal)));
}
