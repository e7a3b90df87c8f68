import { z } from 'zod';

import {
  ChangeScheduleRequest,
  Schedule,
  ScheduleView,
  SetScheduleRequest,
} from '../../../shared/contracts/schedule.ts';
import { ResourceName } from '../../../shared/contracts/template.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { randomId } from '../../../shared/core/ids.ts';
import { nextSlot, nextSlots } from '../../../shared/tenants/next-slots.ts';
import { resolveTemplate } from '../../../shared/tenants/resolve-template.ts';
import { contractFor } from '../../../shared/tenants/start-run.ts';
import type { Stored } from '../../../shared/tenants/tenant-collection.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import type { ApiContext } from '../api-deps.ts';
import { assertMatches } from '../entity-tag.ts';
import { route, type Reply, type Route } from '../route.ts';
import { PageQuery, pageOf } from './page-query.ts';

const ScheduleParams = z.strictObject({ name: ResourceName });
const SHOWN = 10;
const iso = (ms: number): string => new Date(ms).toISOString();

function viewOf(deps: ApiContext, { data, version }: Stored<Schedule>, status = 200): Reply {
  const next = data.paused ? [] : nextSlots(data, deps.clock.nowMs(), SHOWN).map(iso);
  const body: ScheduleView = { schedule: data, next };
  return { status, body, version };
}

/** What could never start is refused now, not at its first slot. */
async function assertRuns(deps: ApiContext, tenantId: string, { run }: SetScheduleRequest) {
  const request = 'template' in run ? await resolveTemplate(deps.store, tenantId, run) : run;
  await contractFor(deps, tenantId, request);
}

function planned(schedule: Omit<Schedule, 'nextAt'>, nowMs: number): Schedule {
  const slot = nextSlot(schedule, nowMs);
  if (slot === undefined)
    throw new AppError('invalid_request', `cron: "${schedule.cron}" never comes`);
  return schedule.paused ? schedule : { ...schedule, nextAt: iso(slot) };
}

export const SCHEDULE_ROUTES: readonly Route[] = [
  route({
    operationId: 'setSchedule',
    method: 'put',
    path: '/v1/schedules/{name}',
    tag: 'tasks',
    summary: 'Make or change a schedule',
    description:
      'Its runs belong to whoever set it last. Slots are whole minutes; each starts one run, once, also when the clock is set or the platform was down (`catchUp`).',
    access: 'tasks.edit',
    params: ScheduleParams,
    body: SetScheduleRequest,
    headers: ['if-match'],
    replies: {
      200: { description: 'Changed', body: ScheduleView, headers: ['etag'] },
      201: { description: 'Made', body: ScheduleView, headers: ['etag'] },
    },
    details: ({ cron, run }) => ({ cron, ...('template' in run && { template: run.template }) }),
    handle: async ({ deps, identity, tenantId, params: { name }, body, ifMatch }) => {
      await assertRuns(deps, tenantId, body);
      const { schedules } = new TenantScope(deps.store, tenantId);
      const before = await schedules.find(name);
      assertMatches(ifMatch, before?.version ?? '');
      const now = deps.clock.iso();
      const { nextAt: _next, ...kept } = before?.data ?? {};
      const data = planned(
        {
          uid: randomId('sch'),
          createdAt: now,
          ...kept,
          ...body,
          schemaVersion: 1,
          tenantId,
          name,
          setBy: identity.principal,
          updatedAt: now,
        },
        deps.clock.nowMs(),
      );
      return before
        ? viewOf(deps, await schedules.update(name, data, before.version))
        : viewOf(deps, await schedules.create(name, data), 201);
    },
  }),
  route({
    operationId: 'listSchedules',
    method: 'get',
    path: '/v1/schedules',
    tag: 'tasks',
    summary: 'List schedules',
    access: 'runs.read',
    query: PageQuery,
    replies: { 200: { description: 'A page', body: pageOf('schedules', Schedule) } },
    handle: async ({ deps, tenantId, query }) => {
      const { items, next } = await new TenantScope(deps.store, tenantId).schedules.page(query);
      const schedules = items.map(({ data }) => data);
      return { body: { schedules, ...(next !== undefined && { next }) } };
    },
  }),
  route({
    operationId: 'getSchedule',
    method: 'get',
    path: '/v1/schedules/{name}',
    tag: 'tasks',
    summary: 'Read a schedule and its next ten times',
    access: 'runs.read',
    params: ScheduleParams,
    replies: { 200: { description: 'The schedule', body: ScheduleView, headers: ['etag'] } },
    handle: async ({ deps, tenantId, params }) =>
      viewOf(deps, await new TenantScope(deps.store, tenantId).schedules.get(params.name)),
  }),
  route({
    operationId: 'pauseSchedule',
    method: 'patch',
    path: '/v1/schedules/{name}',
    tag: 'tasks',
    summary: 'Pause a schedule, or let it go on',
    description: 'Slots that pass while it is paused are not caught up.',
    access: 'tasks.edit',
    params: ScheduleParams,
    body: ChangeScheduleRequest,
    headers: ['if-match'],
    replies: { 200: { description: 'The schedule', body: ScheduleView, headers: ['etag'] } },
    details: ({ paused }) => ({ paused }),
    handle: async ({ deps, tenantId, params: { name }, body, ifMatch }) => {
      const { schedules } = new TenantScope(deps.store, tenantId);
      const before = await schedules.get(name);
      assertMatches(ifMatch, before.version);
      if (before.data.paused === body.paused) return viewOf(deps, before);
      const { nextAt: _next, ...kept } = before.data;
      const changed = { ...kept, paused: body.paused, updatedAt: deps.clock.iso() };
      const data = planned(changed, deps.clock.nowMs());
      return viewOf(deps, await schedules.update(name, data, before.version));
    },
  }),
  route({
    operationId: 'removeSchedule',
    method: 'delete',
    path: '/v1/schedules/{name}',
    tag: 'tasks',
    summary: 'Remove a schedule; its runs stay',
    access: 'tasks.edit',
    params: ScheduleParams,
    headers: ['if-match'],
    replies: { 204: { description: 'It is gone' } },
    handle: async ({ deps, tenantId, params: { name }, ifMatch }) => {
      const { schedules } = new TenantScope(deps.store, tenantId);
      const { version } = await schedules.get(name);
      assertMatches(ifMatch, version);
      await schedules.delete(name, version);
      return { status: 204 };
    },
  }),
];
