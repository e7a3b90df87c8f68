import type { Message } from '../../../shared/contracts/message.ts';
import { turnPath } from '../../../shared/contracts/paths.ts';
import type { Turn } from '../../../shared/contracts/plan.ts';
import type { PlanningEvent } from '../gemini/planning-event.ts';
import type { PlanRequested } from '../planner.ts';
import { RunScript, RUN_ID, TENANT } from './played-run.ts';

export const message: PlanRequested = {
  type: 'plan.requested',
  schemaVersion: 1,
  tenantId: TENANT,
  runId: RUN_ID,
  planEpoch: 1,
};
export const never = new AbortController().signal;
export const USAGE = { prompt: 10, cached: 2, output: 3, thoughts: 1 };
export const closed = (index: number, item: unknown): PlanningEvent => ({
  type: 'step.closed',
  index,
  item,
});
export const done: PlanningEvent = {
  type: 'turn.completed',
  finishReason: 'STOP',
  itemsClosed: 2,
  parts: [{ text: 'raw', thoughtSignature: 'S' }],
};

export interface Fake {
  aborted: boolean;
  left: boolean;
  calls: number;
  streamPlan(request: unknown, signal: AbortSignal): AsyncIterable<PlanningEvent>;
}
export function model(
  script: (signal: AbortSignal) => AsyncIterable<PlanningEvent> | Iterable<PlanningEvent>,
): Fake {
  const fake: Fake = {
    aborted: false,
    left: false,
    calls: 0,
    async *streamPlan(_request, signal) {
      fake.calls += 1;
      signal.addEventListener('abort', () => (fake.aborted = true));
      try {
        yield* script(signal);
      } finally {
        fake.left = true;
      }
    },
  };
  return fake;
}
export async function newRun(): Promise<RunScript & { published: Message[] }> {
  const script = new RunScript({ goal: 'done' });
  await script.openTurn(1, 'url: x\n---\n[e1 button A]');
  const published: Message[] = [];
  const publish = script.bus.publish.bind(script.bus);
  script.bus.publish = async (each) => {
    published.push(each);
    return publish(each);
  };
  return Object.assign(script, { published });
}
export async function change(script: RunScript, over: Partial<Turn>): Promise<void> {
  const path = turnPath(TENANT, RUN_ID, 1);
  const current = (await script.store.get<Turn>(path))!;
  await script.store.commit([
    { op: 'update', path, data: { ...current.data, ...over }, ifVersion: current.version },
  ]);
}

