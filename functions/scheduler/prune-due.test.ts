import { beforeEach, describe, expect, it } from 'vitest';

import { verifyTenant } from '../../shared/audit/verify-tenant.ts';
import { noteKey } from '../../shared/audit/signed-note.ts';
import { runPath, tenantPath } from '../../shared/contracts/paths.ts';
import type { Tenant } from '../../shared/contracts/tenant.ts';
import { AuditedTenant, runId, signer } from '../../shared/journal/__fixtures__/audited-tenant.ts';
import { pruneDue } from './prune-due.ts';
import { tick } from './scheduler.ts';

const DAY_MS = 86_400_000;
let tenant: AuditedTenant;
let nowMs: number;
/** As the scheduler sees the world; the clock is ours. */
const deps = () => ({
  ...tenant.audited,
  clock: {
    ...tenant.deps.clock,
    nowMs: () => nowMs,
    iso: () => new Date(nowMs).toISOString(),
  },
});

async function keep(retentionDays?: number): Promise<void> {
  const now = new Date().toISOString();
  const data: Tenant = {
    schemaVersion: 1,
    tenantId: 'local',
    name: 'Local',
    quotas: {},
    runTopic: { enabled: false, role: 'operator', replyTopics: [] },
    createdBy: 'user:root@example.com',
    createdAt: now,
    updatedAt: now,
    ...(retentionDays !== undefined && { retentionDays }),
  };
  await tenant.deps.store.commit([{ op: 'create', path: tenantPath('local'), data }]);
}

beforeEach(async () => {
  tenant = new AuditedTenant();
  nowMs = Date.now();
  await tenant.end(await tenant.start(1));
  await tenant.start(2);
});

const isThere = async (n: number): Promise<boolean> =>
  (await tenant.deps.store.get(runPath('local', runId(n)))) !== undefined;

describe('retention', () => {
  it('is off unless the tenant says for how long', async () => {
    await keep();
    nowMs += 9_999 * DAY_MS;
    expect(await pruneDue(deps())).toBe(0);
    expect(await isThere(1)).toBe(true);
  });

  it('is off where nothing is kept elsewhere', async () => {
    await keep(30);
    nowMs += 31 * DAY_MS;
    const { archive: _none, ...without } = deps();
    expect(await pruneDue(without)).toBe(0);
    expect(await isThere(1)).toBe(true);
  });

  it('takes by the tick what ended longer ago: archived first, signed at once, and all verifies', async () => {
    await keep(30);
    nowMs += 29 * DAY_MS;
    expect(await tick(deps())).toMatchObject({ pruned: 0 });
    nowMs += 2 * DAY_MS;
    // The one that waits for nobody has not ended.
    expect(await tick(deps())).toMatchObject({ pruned: 1 });
    expect([await isThere(1), await isThere(2)]).toEqual([false, true]);
    expect(await tenant.events()).toContainEqual(
      expect.objectContaining({ type: 'pruned', runId: runId(1) }),
    );
    const exported = [...tenant.archive.objects].filter(([name]) => name.endsWith('.entries'));
    const text = exported.map(([, bytes]) => bytes.toString()).join('');
    expect(text).toContain(`"runId":"${runId(1)}","seq":1`);
    expect(text).toContain('"type":"pruned"');
    const key = noteKey(signer.name, await signer.publicKey());
    const { store } = tenant.deps;
    expect(await verifyTenant({ store, archive: tenant.archive, key }, 'local')).toMatchObject({
      verified: true,
      export: { ok: true },
    });
    expect(await tick(deps())).toMatchObject({ pruned: 0 });
  });

  it('takes nothing that could not be archived', async () => {
    await keep(30);
    nowMs += 31 * DAY_MS;
    const { archive } = tenant;
    const away = Object.assign(Object.create(archive) as typeof archive, {
      put: async () => Promise.reject(new Error('the bucket is away')),
    });
    expect(await pruneDue({ ...deps(), archive: away })).toBe(0);
    expect(await isThere(1)).toBe(true);
    expect(await pruneDue(deps())).toBe(1);
  });
});
