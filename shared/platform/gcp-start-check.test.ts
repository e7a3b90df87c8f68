import { describe, expect, it } from 'vitest';

import { AppError } from '../core/errors.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import {
  assertThere,
  bucketCheck,
  busCheck,
  firestoreCheck,
  secretCheck,
} from './gcp-start-check.ts';

const refuse =
  (code: 'permission_denied' | 'invalid_config' | 'store_unavailable', details = {}) =>
  async () =>
    Promise.reject(new AppError(code, 'said by the service', { details }));
const secret = { name: 'x', origins: [], updatedAt: '', value: 'x' };
const noKey = { kmsKey: undefined };

describe('what a function looks for when it starts', () => {
  it('is content when all is there', async () => {
    await assertThere('demo-project', [
      firestoreCheck(openMemoryStateStore()),
      secretCheck({ get: async () => secret }, noKey),
      bucketCheck({ list: async () => [] }),
      busCheck(async () => undefined),
    ]);
  });

  it('names all that is missing, in one message, with where to find the cure', async () => {
    const missing = ['topic rodex-plan', 'dead letter policy of subscription rodex-steps'];
    const checks = [
      firestoreCheck({ query: refuse('invalid_config') }),
      secretCheck({ get: async () => undefined }, noKey),
      bucketCheck({ list: refuse('invalid_config') }),
      busCheck(refuse('invalid_config', { missing })),
    ];
    await expect(assertThere('demo-project', checks)).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringMatching(/demo-project lacks: .*doctor --gcp/s) as string,
      details: {
        missing: expect.arrayContaining([
          expect.stringMatching(/^index for open runs of all tenants/),
          expect.stringMatching(/^secret platform\/master-key/),
          expect.stringMatching(/^bucket of artifacts/),
          ...missing,
        ]) as string[],
      },
    });
  });

  it.each([
    [firestoreCheck({ query: refuse('permission_denied') }), 'roles/datastore.user'],
    [
      secretCheck({ get: refuse('permission_denied') }, noKey),
      'roles/secretmanager.secretAccessor',
    ],
    [bucketCheck({ list: refuse('permission_denied') }), 'roles/storage.objectUser'],
    [busCheck(refuse('permission_denied')), 'roles/pubsub.viewer'],
  ])('names a role that is lacking, once', async (check, role) => {
    expect(await check()).toEqual([expect.stringContaining(role)]);
  });

  it.each([
    firestoreCheck({ query: refuse('store_unavailable') }),
    bucketCheck({ list: refuse('store_unavailable') }),
    busCheck(refuse('store_unavailable')),
  ])('says nothing of the project when it cannot tell now', async (check) => {
    await expect(check()).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
