import type { CheckpointDeps } from './checkpointer.ts';
import { reportDamage } from './checkpointer.ts';
import { signingKeys } from './signing-keys.ts';
import { verifyTenant } from './verify-tenant.ts';
import { AppError } from '../core/errors.ts';

/**
 * Once a day (UTC): verifies all that is stored and exported of a tenant and that both are one history; what is wrong is logged and
 * is an entry of the tenant's log. So a change in the store behind a checkpoint is found within a day.
 */
export async function patrol(deps: CheckpointDeps, tenantId: string): Promise<void> {
  const { store, clock, signer, archive } = deps;
  const path = `tenants/${tenantId}/audit/patrol`;
  const day = clock.iso().slice(0, 10);
  const last = await store.get<{ day: string }>(path);
  if (last?.data.day === day) return;
  try {
    await store.commit([
      last
        ? { op: 'update', path, data: { day }, ifVersion: last.version }
        : { op: 'create', path, data: { day } },
    ]);
  } catch (error) {
    // Another scheduler does it.
    if (AppError.is(error, 'conflict')) return;
    throw error;
  }
  const keys = await signingKeys({ store, signer }, tenantId);
  const {
    runs,
    tenantLog,
    differing,
    export: exported,
  } = await verifyTenant({ store, archive, ...keys }, tenantId);
  for (const { runId, verdict } of [
    ...runs,
    ...(tenantLog ? [{ runId: 'tenant', verdict: tenantLog }] : []),
  ])
    if (!verdict.ok)
      await reportDamage(
        deps,
        tenantId,
        runId,
        'seq' in verdict ? verdict.seq : 0,
        verdict.message,
      );
  for (const { runId, seq, message } of differing)
    await reportDamage(deps, tenantId, runId, seq, message);
  if (exported && !exported.ok)
    await reportDamage(
      deps,
      tenantId,
      exported.runId ?? 'export',
      exported.index,
      `export: ${exported.message}`,
    );
}
