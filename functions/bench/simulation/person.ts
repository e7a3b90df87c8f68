import { runPath } from '../../../shared/contracts/paths.ts';
import { RunRequest, type Run } from '../../../shared/contracts/run.ts';
import type { JournalDeps } from '../../../shared/journal/run-journal.ts';
import { answerRun } from '../../api/answer-run.ts';
import { startRun } from '../../../shared/tenants/start-run.ts';
import type { SimulatedProcess } from './process.ts';
import { ORDER_BUTTON, REFERENCE, SECRET, SHOP, type Shop } from './shop.ts';
import type { Scenario } from './scenario.ts';
import { TENANT } from './tenant.ts';

const PERSON = {
  principal: 'user:test',
  kind: 'terminal',
  tenantId: TENANT,
  role: 'admin',
  platformAdmin: true,
} as const;

interface Person {
  readonly scenario: Scenario;
  readonly shop: Shop;
  readonly approved: string[];
  readonly runId: { current: string | undefined };
  readonly key: string | undefined;
}

/** A person with a client: tries again with the same idempotency key, answers what the run asks, truthfully; or not at all. */
export async function simulatedPerson(
  process: SimulatedProcess,
  ports: JournalDeps,
  { scenario, shop, approved, runId, key }: Person,
): Promise<void> {
  const { clock, simulation } = process;
  const who = {
    tenantId: TENANT,
    actor: 'user:test',
    ...(key !== undefined && { idempotencyKey: key }),
  };
  let id: string | undefined;
  while (id === undefined) {
    const created = await startRun(ports, who, requestOf(scenario)).catch(() => undefined);
    if (!created) await clock.sleep(500);
    id = created?.run.runId;
  }
  runId.current = id;
  while (!scenario.silentPerson) {
    await clock.sleep(1_000 + simulation.random() * 8_000);
    const run = await ports.store.get<Run>(runPath(TENANT, id)).catch(() => undefined);
    const asked = run?.data.waitingFor;
    if (!asked) continue;
    const acted = shop.orders.length > 0;
    const answer =
      asked.kind === 'approval' ? (acted ? 'deny' : 'approve') : acted ? 'acted' : 'not-acted';
    const quantity = shop.quantities.get(asked.commitDigest ?? '');
    if (answer === 'approve' && quantity !== undefined) approved.push(quantity);
    const { requestId } = asked;
    await answerRun(ports, PERSON, id, { requestId, answer }).catch(() => undefined);
  }
}

function requestOf({ named, probe, signIn, silentPerson, holdMs }: Scenario): RunRequest {
  return RunRequest.parse({
    goal: 'order paper',
    url: `${SHOP}/`,
    inputs: { reference: REFERENCE },
    contract: {
      navigate: [SHOP],
      secrets: signIn ? [SECRET] : [],
      commits: named ? [{ name: ORDER_BUTTON }] : [],
      probes: probe
        ? [
            {
              commit: ORDER_BUTTON,
              url: `${SHOP}/orders`,
              text: '{{input.reference}}',
              absent: 'No orders',
            },
          ]
        : [],
      budgets: { steps: 5_000, turns: 1_000, timeMs: 5 * 3_600_000 },
      holdMs,
      waitMs: silentPerson ? 90_000 : 86_400_000,
    },
  });
}
