import { describe, expect, it } from 'vitest';

import { planHandler } from './function.ts';
import type { PlanRequested } from './planner.ts';

const ids = { schemaVersion: 1, tenantId: 'acme', runId: 'run_0123456789abcdefghjk' } as const;
const asked: PlanRequested = { type: 'plan.requested', ...ids, planEpoch: 3 };
const delivery = { messageId: 'm', attempt: 1, signal: new AbortController().signal };

describe('the planner function', () => {
  it('hands a request to the planner and leaves other messages alone', async () => {
    const handled: PlanRequested[] = [];
    const planner = { handle: async (each: PlanRequested) => void handled.push(each) };
    const handler = planHandler(planner, delivery.signal);
    await handler(asked, delivery);
    await handler({ type: 'run.ready', ...ids }, delivery);
    expect(handled).toEqual([asked]);
  });

  it('throws what the planner throws, so that the message comes again', async () => {
    const failing = { handle: async () => Promise.reject(new Error('later')) };
    await expect(planHandler(failing, delivery.signal)(asked, delivery)).rejects.toThrow('later');
  });
});
