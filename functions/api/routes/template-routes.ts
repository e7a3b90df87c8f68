import { z } from 'zod';

import {
  CreateTemplateRequest,
  ResourceName,
  TaskTemplate,
  TemplateRef,
} from '../../../shared/contracts/template.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { contractFor } from '../../../shared/tenants/start-run.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { assertMatches } from '../entity-tag.ts';
import { route, type Route } from '../route.ts';
import { PageQuery, pageOf } from './page-query.ts';

const TemplateParams = z.strictObject({ template: TemplateRef });
const MAX_VERSIONS = 1_000;
const ATTEMPTS = 5;

async function nextVersion(scope: TenantScope, name: string): Promise<number> {
  const where = [{ field: 'name', op: '==' as const, value: name }];
  const { items } = await scope.templates.page({ limit: MAX_VERSIONS, where });
  return Math.max(0, ...items.map(({ data }) => data.version)) + 1;
}

export const TEMPLATE_ROUTES: readonly Route[] = [
  route({
    operationId: 'createTemplate',
    method: 'post',
    path: '/v1/templates',
    tag: 'tasks',
    summary: 'Make a template, or the next version of one',
    description: 'A version never changes; runs and schedules name `name@version`.',
    access: 'tasks.edit',
    body: CreateTemplateRequest,
    replies: {
      201: { description: 'The version', body: TaskTemplate, headers: ['location', 'etag'] },
    },
    details: ({ name }) => ({ name }),
    handle: async ({ deps, identity, tenantId, body }) => {
      await contractFor(deps, tenantId, { ...body, inputs: {}, labels: {} });
      const scope = new TenantScope(deps.store, tenantId);
      for (let attempt = 1; ; attempt += 1) {
        const version = await nextVersion(scope, body.name);
        const data: TaskTemplate = {
          ...body,
          schemaVersion: 1,
          tenantId,
          version,
          createdBy: identity.principal,
          createdAt: deps.clock.iso(),
        };
        const id = `${body.name}@${version}`;
        try {
          const created = await scope.templates.create(id, data);
          const headers = { location: `/v1/templates/${id}` };
          return { status: 201, body: created.data, version: created.version, headers };
        } catch (error) {
          // Somebody else made that version in between.
          if (!AppError.is(error, 'already_exists') || attempt >= ATTEMPTS) throw error;
        }
      }
    },
  }),
  route({
    operationId: 'listTemplates',
    method: 'get',
    path: '/v1/templates',
    tag: 'tasks',
    summary: 'List templates, every version',
    access: 'runs.read',
    query: PageQuery.extend({ name: ResourceName.optional() }),
    replies: { 200: { description: 'A page', body: pageOf('templates', TaskTemplate) } },
    handle: async ({ deps, tenantId, query: { name, ...page } }) => {
      const { items, next } = await new TenantScope(deps.store, tenantId).templates.page({
        ...page,
        ...(name !== undefined && { where: [{ field: 'name', op: '==', value: name }] }),
      });
      const templates = items.map(({ data }) => data);
      return { body: { templates, ...(next !== undefined && { next }) } };
    },
  }),
  route({
    operationId: 'getTemplate',
    method: 'get',
    path: '/v1/templates/{template}',
    tag: 'tasks',
    summary: 'Read a version of a template',
    access: 'runs.read',
    params: TemplateParams,
    headers: ['if-none-match'],
    replies: {
      200: { description: 'The version', body: TaskTemplate, headers: ['etag'] },
      304: { description: 'As it was' },
    },
    handle: async ({ deps, tenantId, params }) => {
      const { data, version } = await new TenantScope(deps.store, tenantId).templates.get(
        params.template,
      );
      return { body: data, version };
    },
  }),
  route({
    operationId: 'retireTemplate',
    method: 'delete',
    path: '/v1/templates/{template}',
    tag: 'tasks',
    summary: 'Retire a version: it starts no more runs',
    access: 'tasks.edit',
    params: TemplateParams,
    headers: ['if-match'],
    replies: { 200: { description: 'The version, retired', body: TaskTemplate } },
    handle: async ({ deps, tenantId, params, ifMatch }) => {
      const { templates } = new TenantScope(deps.store, tenantId);
      const { data, version } = await templates.get(params.template);
      assertMatches(ifMatch, version);
      if (data.retiredAt !== undefined) return { body: data, version };
      const retired = { ...data, retiredAt: deps.clock.iso() };
      const updated = await templates.update(params.template, retired, version);
      return { body: updated.data, version: updated.version };
    },
  }),
];
