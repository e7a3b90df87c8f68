import type { Run } from '../../../shared/contracts/run.ts';
import { RunRequest } from '../../../shared/contracts/run.ts';
import type { JournalDeps } from '../../../shared/journal/run-journal.ts';
import { startRun } from '../../../shared/tenants/start-run.ts';
import type { MemoryDocuments } from '../../../shared/testing/memory-state-store.ts';
import type { SimulatedProcess } from './process.ts';
import { REFERENCE, SHOP } from './shop.ts';
import { NEIGHBOUR, TENANT } from './tenant.ts';

/** What only the neighbour's documents may hold. */
export const NEIGHBOUR_MARK = 'NEIGHBOUR-7';

/** Another tenant's client, whose run only looks, on the same store, bus and executors at the same time. */
export async function simulatedNeighbour(
  process: SimulatedProcess,
  ports: JournalDeps,
): Promise<void> {
  const who = { tenantId: NEIGHBOUR, actor: 'user:neighbour', idempotencyKey: 'once' };
  const request = RunRequest.parse({
    goal: `look, ${NEIGHBOUR_MARK}`,
    url: `${SHOP}/`,
    inputs: { mark: NEIGHBOUR_MARK },
    contract: { navigate: [SHOP], budgets: { turns: 1_000, timeMs: 5 * 3_600_000 } },
  });
  while (!(await startRun(ports, who, request).catch(() => undefined)))
    await process.clock.sleep(500);
}

export const runOf = (tenantId: string, { groups }: MemoryDocuments): Run[] =>
  [...(groups.get('runs')?.values() ?? [])]
    .map(({ data }) => data as unknown as Run)
    .filter((run) => run.tenantId === tenantId);

/** Documents of one tenant that hold what is the other's. */
export function crossings({ documents }: MemoryDocuments): string[] {
  return [...documents].flatMap(([path, { json }]) => {
    const foreign = path.startsWith(`tenants/${TENANT}/`) ? NEIGHBOUR_MARK : REFERENCE;
    return json.includes(foreign) ? [path] : [];
  });
}
