import { beforeEach, describe, expect, it } from 'vitest';

import { storageUsePath, tenantPath } from '../../shared/contracts/paths.ts';
import { systemClock } from '../../shared/core/clock.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { storageRoom } from './storage-room.ts';

let store: StateStore;
beforeEach(async () => {
  store = openMemoryStateStore();
  const at = systemClock.iso();
  const tenant = {
    schemaVersion: 1,
    tenantId: 'acme',
    name: 'acme',
    quotas: { storageBytes: 1_000 },
    runTopic: { enabled: false, role: 'operator', replyTopics: [] },
    createdBy: 'user:root',
    createdAt: at,
    updatedAt: at,
  };
  const use = { schemaVersion: 1, tenantId: 'acme', bytes: 700, countedTo: at, countedAt: [] };
  await store.commit([
    { op: 'create', path: tenantPath('acme'), data: tenant },
    { op: 'create', path: storageUsePath('acme'), data: use },
  ]);
});

describe('what a run may still store', () => {
  it('is what the quota leaves beside what is stored, by others and by itself', async () => {
    expect(await storageRoom(store, 'acme', 0)).toBe(300);
    expect(await storageRoom(store, 'acme', 250)).toBe(50);
  });

  it('is nothing when the quota is used: the artifact is refused with the code of quotas', async () => {
    await expect(storageRoom(store, 'acme', 300)).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  it('has no end where there is no quota', async () => {
    expect(await storageRoom(store, 'globex', 1e12)).toBe(Infinity);
  });
});
