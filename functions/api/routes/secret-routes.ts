import { z } from 'zod';

import { auditedSecrets } from '../../../shared/audit/audited-secrets.ts';
import { SecretInfo, SecretName, SetSecretRequest } from '../../../shared/contracts/secret.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { route, type Route } from '../route.ts';

const SecretParams = z.strictObject({ name: SecretName });

export const SECRET_ROUTES: readonly Route[] = [
  route({
    operationId: 'setSecret',
    method: 'put',
    path: '/v1/secrets/{name}',
    tag: 'secrets',
    summary: 'Store a secret, for the origins that it may be typed into',
    description: 'Write only: no route and no role reads a value.',
    access: 'secrets.write',
    params: SecretParams,
    body: SetSecretRequest,
    replies: { 204: { description: 'It is stored' } },
    details: ({ origins }) => ({ origins }),
    handle: async ({ deps, identity, tenantId, params, body }) => {
      await auditedSecrets(deps, identity.principal).set(
        tenantId,
        params.name,
        body.value,
        body.origins,
      );
      return { status: 204 };
    },
  }),
  route({
    operationId: 'listSecrets',
    method: 'get',
    path: '/v1/secrets',
    tag: 'secrets',
    summary: 'List names and origins, never values',
    access: 'tasks.edit',
    replies: {
      200: {
        description: 'All of them',
        body: z.strictObject({ secrets: z.array(SecretInfo) }),
      },
    },
    handle: async ({ deps, tenantId }) => {
      const all = await deps.secrets.list(tenantId);
      const secrets = all.map(({ name, origins, updatedAt }) => ({ name, origins, updatedAt }));
      return { body: { secrets } };
    },
  }),
  route({
    operationId: 'removeSecret',
    method: 'delete',
    path: '/v1/secrets/{name}',
    tag: 'secrets',
    summary: 'Remove a secret',
    access: 'secrets.write',
    params: SecretParams,
    replies: { 204: { description: 'It is gone' } },
    handle: async ({ deps, identity, tenantId, params: { name } }) => {
      const all = await deps.secrets.list(tenantId);
      if (!all.some((secret) => secret.name === name))
        throw new AppError('not_found', `there is no secret ${name}`);
      await auditedSecrets(deps, identity.principal).delete(tenantId, name);
      return { status: 204 };
    },
  }),
];
