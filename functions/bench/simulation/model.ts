import type { GeminiClient } from '../../planner/gemini/gemini-client.ts';
import { readConversation, type Conversation } from '../../planner/offline/conversation.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { SimulatedProcess } from './process.ts';

const acted = (conversation: Conversation): boolean =>
  conversation.past.some((turn) =>
    turn.steps.some(
      ({ action, effect, status }) =>
        action === 'click' &&
        effect === 'commit' &&
        (status === 'done' || status === 'resolved-acted'),
    ),
  );

function planFor(conversation: Conversation): readonly Record<string, unknown>[] {
  const finish = { action: 'finish', status: 'success', summary: 'ordered' };
  if (acted(conversation)) return [finish];
  const denied = conversation.past.some((turn) =>
    turn.steps.some(({ code }) => code === 'approval_denied'),
  );
  if (denied) return [{ ...finish, status: 'failure', summary: 'denied' }];
  if (!conversation.page.lines.some((line) => line.units.some((unit) => unit.ref === 'e9')))
    return [{ action: 'navigate', url: 'https://shop.example/' }];
  return [
    { action: 'type', target: 'e1', text: 'Paper' },
    { action: 'type', target: 'e2', text: '12' },
    { action: 'type', target: 'e3', text: '{{input.reference}}' },
    { action: 'click', target: 'e9' },
    finish,
  ];
}

/** Streams the plan that the conversation asks for, item by item; may break off, fail or fall silent. */
export function simulatedModel(
  process: SimulatedProcess,
  trouble: number,
): Pick<GeminiClient, 'streamPlan'> {
  const { simulation } = process;
  const happens = (): boolean => !process.calm && simulation.random() < trouble;
  return {
    streamPlan: async function* ({ contents }, signal) {
      yield { type: 'turn.started', attempt: 1 };
      await process.cross();
      const conversation = readConversation(contents);
      if (!conversation) throw new AppError('internal', 'the prompt was not understood');
      const usage = { prompt: 100, cached: 0, output: 10, thoughts: 0 };
      const items = planFor(conversation);
      for (const [index, item] of items.entries()) {
        await process.cross();
        await process.clock.sleep(simulation.random() * 200, signal);
        if (happens()) {
          const error = new AppError('model_stream_broken', 'simulated break', { retryable: true });
          yield { type: 'turn.broken', error, itemsClosed: index, parts: [] };
          return;
        }
        if (happens()) await process.clock.sleep(60_000, signal);
        yield { type: 'step.closed', index: index + 1, item };
      }
      yield { type: 'usage', usage };
      yield {
        type: 'turn.completed',
        finishReason: 'STOP',
        itemsClosed: items.length,
        parts: [{ text: JSON.stringify({ steps: items }) }],
      };
    },
  };
}
