import type { PlannerDeps } from '../../planner/planner.ts';

/** A model that plans so many steps in its first turn, then ends the run. */
export function scriptedModel(steps: number): PlannerDeps['gemini'] {
  return {
    streamPlan: async function* ({ contents }) {
      yield { type: 'turn.started', attempt: 1 };
      const first = contents.length === 1;
      const items: Record<string, unknown>[] = first
        ? Array.from({ length: steps }, (_unused, index) => ({ action: 'scroll', dy: index + 1 }))
        : [];
      items.push({ action: 'finish', status: 'success', summary: 'done' });
      for (const [index, item] of items.entries())
        yield { type: 'step.closed', index: index + 1, item };
      yield { type: 'usage', usage: { prompt: 1, cached: 0, output: 1, thoughts: 0 } };
      yield {
        type: 'turn.completed',
        finishReason: 'STOP',
        itemsClosed: items.length,
        parts: [{ text: JSON.stringify({ steps: items }) }],
      };
    },
  };
}
