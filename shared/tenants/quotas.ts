import type { Ledger } from '../contracts/ledger.ts';
import { dayLedgerPath, runsPath, storageUsePath } from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import type { Quotas } from '../contracts/tenant.ts';
import type { StorageUse } from '../contracts/usage.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore } from '../state/state-store.ts';

const DAY_MS = 86_400_000;
export const OPEN = ['queued', 'planning', 'acting', 'waiting_human'] as const;

const exceeded = (what: string, retryAfterS?: number): AppError =>
  new AppError('quota_exceeded', what, {
    retryable: true,
    details: { ...(retryAfterS !== undefined && { retryAfterS }) },
  });

/** Throws `quota_exceeded`, naming the quota, when the tenant may not start another run now. */
export async function assertWithinQuotas(
  deps: { readonly store: StateStore; readonly clock: Clock },
  tenantId: string,
  quotas: Quotas,
): Promise<void> {
  const { store, clock } = deps;
  const { openRuns, tokensPerDay, microUsdPerDay, storageBytes } = quotas;
  if (tokensPerDay !== undefined || microUsdPerDay !== undefined) {
    const spent = await store.get<Ledger>(dayLedgerPath(tenantId, clock.iso().slice(0, 10)));
    const { tokens, microUsd = 0 } = spent?.data ?? {};
    const used = (tokens?.prompt ?? 0) + (tokens?.output ?? 0) + (tokens?.thoughts ?? 0);
    const untilMidnightS = Math.ceil((DAY_MS - (clock.nowMs() % DAY_MS)) / 1_000);
    if (tokensPerDay !== undefined && used >= tokensPerDay)
      throw exceeded(`the ${tokensPerDay} tokens of this day (UTC) are used`, untilMidnightS);
    if (microUsdPerDay !== undefined && microUsd >= microUsdPerDay)
      throw exceeded(`the ${microUsdPerDay} micro-USD of this day (UTC) are spent`, untilMidnightS);
  }
  if (storageBytes !== undefined) {
    const use = await store.get<StorageUse>(storageUsePath(tenantId));
    if ((use?.data.bytes ?? 0) >= storageBytes)
      throw exceeded(`the ${storageBytes} bytes of storage are used; delete old runs`);
  }
  if (openRuns !== undefined) {
    const open = await store.query<Run>({
      collection: runsPath(tenantId),
      where: [{ field: 'status', op: 'in', value: [...OPEN] }],
      limit: openRuns,
    });
    if (open.length >= openRuns) throw exceeded(`${openRuns} runs are open already`, 60);
  }
}
