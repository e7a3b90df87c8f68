import { z } from 'zod';

import { StepId } from './plan.ts';
import { RunId, TenantId } from './run.ts';
import { DeliveryId } from './webhook.ts';

const base = { schemaVersion: z.literal(1), tenantId: TenantId, runId: RunId };

/** What travels on the bus. Messages only wake: state is in the store, so a lost or repeated message changes no outcome. */
export const Message = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run.ready'), ...base }),
  z.strictObject({ type: z.literal('run.resume'), ...base }),
  z.strictObject({ type: z.literal('plan.requested'), ...base, planEpoch: z.int().min(1) }),
  z.strictObject({ type: z.literal('step.ready'), ...base, stepId: StepId }),
  z.strictObject({ type: z.literal('run.changed'), ...base }),
  z.strictObject({ type: z.literal('delivery.due'), ...base, deliveryId: DeliveryId }),
]);
export type Message = z.infer<typeof Message>;

export const Topic = z.enum(['rodex-plan', 'rodex-steps', 'rodex-changes']);
export type Topic = z.infer<typeof Topic>;

/** The topic of each message type. */
export const TOPIC_OF: Record<Message['type'], Topic> = {
  'plan.requested': 'rodex-plan',
  'run.ready': 'rodex-steps',
  'run.resume': 'rodex-steps',
  'step.ready': 'rodex-steps',
  'run.changed': 'rodex-changes',
  'delivery.due': 'rodex-changes',
};
