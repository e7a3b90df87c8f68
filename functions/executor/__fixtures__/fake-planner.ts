import type { MessageBus, Subscription } from '../../../shared/bus/message-bus.ts';
import { Action } from '../../../shared/contracts/action.ts';
import type { ErrorInfo } from '../../../shared/contracts/error-code.ts';
import { stepPath, turnPath } from '../../../shared/contracts/paths.ts';
import type { ProposedStep, Turn } from '../../../shared/contracts/plan.ts';
import type { z } from 'zod';
import type { StateStore } from '../../../shared/state/state-store.ts';

export interface FakePlan {
  readonly steps: readonly (z.input<typeof Action> | { readonly invalid: string })[];
  /** How the stream ends; `hang`: it never does. */
  readonly end?: 'complete' | 'broken' | 'hang';
  readonly error?: ErrorInfo;
  /** What the model's own safety check says of a step, by index. */
  readonly doubts?: Readonly<Record<number, string>>;
  /** Awaited before the stream ends. */
  readonly hold?: Promise<void>;
}

/** Plays the planner's part of the contract: claims the turn, publishes steps one by one, ends the turn. */
export async function startFakePlanner(
  store: StateStore,
  bus: MessageBus,
  plan: (planEpoch: number) => FakePlan,
): Promise<Subscription> {
  return bus.subscribe({ topic: 'rodex-plan', subscription: 'rodex-plan', maxInFlight: 4 }, async (message) => {
    if (message.type !== 'plan.requested') return;
    const { tenantId, runId, planEpoch } = message;
    const path = turnPath(tenantId, runId, planEpoch);
    const read = await store.get<Turn>(path);
    if (read?.data.status !== 'requested') return;
    const { steps, end = 'complete', error, hold, doubts = {} } = plan(planEpoch);
    let turn: Turn = { ...read.data, status: 'streaming' };
    let version = read.version;
    const write = async (change: Partial<Turn>, step?: ProposedStep): Promise<void> => {
      turn = { ...turn, ...change };
      const versions = await store.commit([
        { op: 'update', path, data: turn, ifVersion: version },
        ...(step ? [{ op: 'create' as const, path: stepPath(tenantId, runId, step.stepId), data: step }] : []),
      ]);
      version = versions[0] ?? '';
    };
    try {
      for (const [at, given] of steps.entries()) {
        const index = at + 1;
        await write({ items: index }, { schemaVersion: 1, stepId: `${planEpoch}-${index}`, planEpoch, index, ...('invalid' in given ? { invalid: { message: given.invalid, received: '' } } : { action: Action.parse(given) }), ...(doubts[index] !== undefined && { doubt: doubts[index] }), proposedAt: '' });
      }
      await hold;
      if (end !== 'hang') await write({ status: end, usage: { prompt: 10, cached: 0, output: 5, thoughts: 0 }, modelCalls: 1, ...(error && { error }) });
    } catch {
      // The executor closed the turn: a planner stops quietly.
    }
  });
}
