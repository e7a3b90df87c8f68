import { z } from 'zod';

import { ErrorInfo } from './error-code.ts';
import { Principal } from './identity.ts';
import { RunId, TenantId } from './run.ts';
import { StartRunRequest } from './start-run.ts';
import { ResourceName } from './template.ts';

/**
 * What becomes of slots that passed while nobody looked (the platform was down, the schedule paused is not such a case):
 * `skip`: nothing; `latest`: the newest of them starts; `all`: each starts, the newest `maxCatchUp` of them.
 */
export const CatchUp = z.enum(['skip', 'latest', 'all']);

const settings = {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: z.string().min(9).max(200),
  /** IANA name, such as Europe/Berlin. */
  timeZone: z.string().min(1).max(60).default('UTC'),
  run: StartRunRequest,
  catchUp: CatchUp.default('latest'),
  maxCatchUp: z.int().min(1).max(100).default(10),
  paused: z.boolean().default(false),
};

/** Body of `PUT /v1/schedules/{name}`. */
export const SetScheduleRequest = z.strictObject(settings);
export type SetScheduleRequest = z.infer<typeof SetScheduleRequest>;

/** Body of `PATCH /v1/schedules/{name}`. */
export const ChangeScheduleRequest = z.strictObject({ paused: z.boolean() });

/**
 * A recurring run, at `tenants/{t}/schedules/{name}`. A slot is a minute of UTC; its run's id follows from `uid` and the slot, so that a
 * slot starts once however often it is tried.
 */
export const Schedule = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  name: ResourceName,
  /** New when a schedule is made anew under the same name. */
  uid: z.string(),
  ...settings,
  /** Who its runs belong to: whoever set it last. */
  setBy: Principal,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** First slot that was not looked at yet; absent while paused, or when there is none any more. */
  nextAt: z.iso.datetime().optional(),
  lastSlot: z.iso.datetime().optional(),
  lastRunId: RunId.optional(),
  /** Why the last slot started nothing. */
  lastError: ErrorInfo.optional(),
});
export type Schedule = z.infer<typeof Schedule>;

/** Body of `GET /v1/schedules/{name}`. */
export const ScheduleView = z.strictObject({
  schedule: Schedule,
  /** The next ten slots, in UTC. */
  next: z.array(z.iso.datetime()),
});
export type ScheduleView = z.infer<typeof ScheduleView>;
