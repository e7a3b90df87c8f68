import type { TokenUse } from '../../../shared/contracts/run.ts';
import type { PlanRequest } from '../gemini/planning-event.ts';
import { buildPrompt, readHistory } from '../prompt.ts';
import { RUN_ID, TENANT, type RunScript } from './played-run.ts';

export const NO_TOKENS: TokenUse = { prompt: 0, cached: 0, output: 0, thoughts: 0 };
export const page = (text: string): string =>
  `url: https://site.example/\ntitle: x\nview: 1x1 at 0,0 of 1x1\n---\n${text}\n`;

export async function plan(
  script: RunScript,
  planEpoch: number,
  items: readonly object[],
  parts?: readonly Record<string, unknown>[],
  usage?: TokenUse,
): Promise<void> {
  const gemini = {
    async *streamPlan() {
      yield { type: 'turn.started' as const, attempt: 1 };
      if (usage) yield { type: 'usage' as const, usage };
      for (const [index, item] of items.entries())
        yield { type: 'step.closed' as const, index: index + 1, item };
      yield {
        type: 'turn.completed' as const,
        finishReason: 'STOP',
        itemsClosed: items.length,
        parts: parts ?? [
          { text: JSON.stringify({ steps: items }), thoughtSignature: `S${planEpoch}` },
        ],
      };
    },
  };
  await script
    .planner(gemini)
    .handle(
      { type: 'plan.requested', schemaVersion: 1, tenantId: TENANT, runId: RUN_ID, planEpoch },
      new AbortController().signal,
    );
}
export async function prompt(
  script: RunScript,
  planEpoch: number,
  compactAfterTokens?: number,
): Promise<PlanRequest> {
  return buildPrompt(
    await readHistory(script, script.run, planEpoch),
    compactAfterTokens === undefined ? {} : { compactAfterTokens },
  );
}
export const textOf = (request: PlanRequest, index: number): string =>
  String(request.contents.at(index)?.parts[0]?.['text']);

