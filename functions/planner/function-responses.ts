import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import type { Turn } from '../../shared/contracts/plan.ts';
import { OWN_DECLARATIONS } from './gemini/call-schema.ts';
import { functionCallOf, type FunctionCall } from './gemini/function-call.ts';
import type { RawPart } from './gemini/planning-event.ts';

const YES = /^\s*(yes|approve|ok)\b/i;

function mustBeAcknowledged({ args }: FunctionCall): boolean {
  return args['safety_decision'] !== undefined && args['safety_decision'] !== null;
}

/** Of the built-in tool every call is answered with what is seen now; our own functions are not calls of that tool. */
function isOurOwn({ name }: FunctionCall): boolean {
  return OWN_DECLARATIONS.some((declared) => declared.name === name);
}

/**
 * An answer to each function call of a turn, as the service demands before it reads on; what became of the steps stands in the message
 * behind them. A safety decision is acknowledged only when a person said yes to that very step.
 */
export function functionResponses(
  turn: Turn,
  log: readonly LogEvent[],
  seen: { readonly url: string; readonly picture?: RawPart | undefined },
): readonly RawPart[] {
  const questions = new Map<string, string | undefined>();
  const agreedTo = new Set<string | undefined>();
  for (const event of log) {
    if (event.type === 'human.requested')
      questions.set(event.request.requestId, event.request.stepId);
    if (event.type === 'human.answered' && YES.test(event.answer))
      agreedTo.add(event.stepId ?? questions.get(event.requestId));
  }
  let index = 0;
  const ids = new Set<string>();
  return turn.parts.flatMap((part) => {
    const call = functionCallOf(part);
    if (!call) return [];
    // Counted as the plan's reader does: a call that was delivered twice is one step.
    const again = call.id !== undefined && ids.has(call.id);
    if (call.id !== undefined) ids.add(call.id);
    if (call.name !== 'notes' && !again) index += 1;
    const stepId = `${turn.planEpoch}-${index}`;
    const agreed = mustBeAcknowledged(call) && agreedTo.has(stepId);
    const response = { url: seen.url, ...(agreed && { safety_acknowledgement: 'true' }) };
    const shown = seen.picture !== undefined && !isOurOwn(call);
    return [
      {
        functionResponse: {
          ...(call.id !== undefined && { id: call.id }),
          name: call.name,
          response,
          ...(shown && { parts: [seen.picture] }),
        },
      },
    ];
  });
}
