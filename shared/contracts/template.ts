import { z } from 'zod';

import { Principal } from './identity.ts';
import { HttpUrl, Inputs, TenantId } from './run.ts';
import { TaskContract } from './task-contract.ts';

export const ResourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'a name of lower-case letters, digits and dashes');

/** A template and its version, such as `monthly-invoices@3`. */
export const TemplateRef = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,59}@[1-9]\d{0,5}$/,
    'a template and its version, such as invoices@3',
  );

const about = { description: z.string().max(500).optional(), required: z.boolean().default(true) };

/** What one input takes. A run gives every required input, and none that is not named here. */
export const TemplateInput = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    ...about,
    maxLength: z.int().min(1).max(10_000).default(1_000),
    choices: z.array(z.string().max(1_000)).min(1).max(200).optional(),
    default: z.string().max(10_000).optional(),
  }),
  z.strictObject({
    type: z.literal('number'),
    ...about,
    min: z.number().optional(),
    max: z.number().optional(),
    default: z.number().optional(),
  }),
  z.strictObject({ type: z.literal('boolean'), ...about, default: z.boolean().optional() }),
]);
export type TemplateInput = z.infer<typeof TemplateInput>;

const InputName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, 'a name of letters, digits, _ and -');

const task = {
  name: ResourceName,
  description: z.string().max(2_000).default(''),
  goal: z.string().trim().min(1, 'say what is to be done').max(20_000),
  url: HttpUrl.optional(),
  inputs: z.record(InputName, TemplateInput).default({}),
  /** Allowed origins, approval rules, output schema, budgets. */
  contract: TaskContract,
};

/** A named goal with typed inputs. A version never changes; stored at `tenants/{t}/templates/{name}@{version}`. */
export const TaskTemplate = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  ...task,
  version: z.int().min(1).max(999_999),
  createdBy: Principal,
  createdAt: z.iso.datetime(),
  /** Starts no more runs. */
  retiredAt: z.iso.datetime().optional(),
});
export type TaskTemplate = z.infer<typeof TaskTemplate>;

/** Body of `POST /v1/templates`: the next version of that name. */
export const CreateTemplateRequest = z.strictObject(task);
export type CreateTemplateRequest = z.infer<typeof CreateTemplateRequest>;

/** Body of `POST /v1/runs` for a run of a template: goal and contract are the template's. */
export const TemplateRunRequest = z.strictObject({
  template: TemplateRef,
  inputs: Inputs.default({}),
  labels: z.record(z.string().max(60), z.string().max(200)).default({}),
});
export type TemplateRunRequest = z.infer<typeof TemplateRunRequest>;
