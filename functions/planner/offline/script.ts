import { z } from 'zod';

import { AppError } from '../../../shared/core/errors.ts';
import type { RawPart } from '../gemini/planning-event.ts';
import { approximateTokens } from './token-count.ts';
import { callParts } from './live-wire.ts';

const Step = z.record(z.string(), z.json());
const Milliseconds = z.int().min(0).max(600_000);

/** One answer of a script: what is said, and what goes wrong on the way, by byte, by event and by time. */
export const ScriptedCall = z.strictObject({
  /** The plan document; absent: no text at all. As function calls where the request asks for them. */
  plan: z.unknown().optional(),
  /** Pieces of the plan's text, instead of cutting it evenly. */
  chunks: z.array(z.string()).optional(),
  thoughts: z.array(z.string()).optional(),
  /** Raw SSE text, or one text an event, instead of everything above. */
  raw: z.union([z.string(), z.array(z.string())]).optional(),
  /** Live: frames as they are, text or JSON, instead of everything above. */
  frames: z.array(z.union([z.string(), Step])).optional(),
  /** Answers with this status and an error object instead of a stream; Live: refuses the WebSocket with it. */
  status: z.int().min(400).max(599).optional(),
  /** `RetryInfo` of that error, such as "0.2s"; Live: `Retry-After`. */
  retryDelay: z
    .string()
    .regex(/^\d+(\.\d+)?s$/, 'a delay such as "0.2s"')
    .optional(),
  /** What the error says. */
  message: z.string().optional(),
  /** Ends the answer after so many bytes (SSE), events or frames, or ms: `end` closes it properly, `reset` breaks the connection. */
  cutAfterBytes: z.int().min(0).optional(),
  cutAfterEvents: z.int().min(0).optional(),
  cutAfterMs: Milliseconds.optional(),
  cut: z.enum(['end', 'reset']).optional(),
  /** Live: code of a proper end that came too early. */
  closeCode: z.int().min(1000).max(4999).optional(),
  /** Live: `never` completes the set-up; `reject` closes with 1007 instead. */
  setup: z.enum(['never', 'reject']).optional(),
  /** Absent: STOP. null: none. */
  finishReason: z.string().nullable().optional(),
  /** An error object inside the stream, after the plan's text. */
  errorInStream: z
    .strictObject({ code: z.int(), status: z.string(), message: z.string() })
    .optional(),
  delayMs: Milliseconds.optional(),
  chunkDelayMs: Milliseconds.optional(),
  /** Never ends the stream. */
  hang: z.boolean().optional(),
});
export type ScriptedCall = z.infer<typeof ScriptedCall>;

/** A script from a file: a list of answers; the last one answers all calls that follow. */
export function parseScript(text: string, file: string): readonly ScriptedCall[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError('invalid_request', `${file} is not JSON: ${String(error)}`, {
      cause: error,
    });
  }
  const parsed = z.array(ScriptedCall).min(1).safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AppError(
    'invalid_request',
    `${file} is no script: ${lines.join('; ')}. A script is a list of answers, such as [{"plan":{"steps":[{"action":"back"}]},"cutAfterEvents":1}].`,
  );
}

export type PlanShape = 'json' | 'calls';

/** The parts of the answer, in order. */
export function partsOf(call: ScriptedCall, shape: PlanShape): RawPart[] {
  const thoughts = (call.thoughts ?? []).map((text) => ({ text, thought: true }));
  if (shape === 'calls' && call.chunks === undefined)
    return [...thoughts, ...callParts(call.plan ?? {})];
  const text = call.plan === undefined ? '' : JSON.stringify(call.plan);
  const chunks = call.chunks ?? text.match(/.{1,64}/gsu) ?? [];
  return [...thoughts, ...chunks.map((chunk) => ({ text: chunk }))];
}

/** Counts as the service does: of the whole answer so far. */
export function usageAfter(parts: readonly RawPart[]): Record<string, number> {
  const count = (thought: boolean): number =>
    parts
      .filter((part) => (part['thought'] === true) === thought)
      .reduce((sum, part) => sum + approximateTokens(JSON.stringify(part['text'] ?? part)), 0);
  const [output, thoughts] = [count(false), count(true)];
  return {
    promptTokenCount: 100,
    candidatesTokenCount: output,
    thoughtsTokenCount: thoughts,
    cachedContentTokenCount: 0,
    totalTokenCount: 100 + output + thoughts,
  };
}
