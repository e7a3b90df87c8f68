import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { TokenLedger } from './ledger/token-ledger.ts';
import type { TurnMeter } from './ledger/turn-meter.ts';
import type { TurnWriter } from './turn-writer.ts';

export interface TurnTelemetryDeps {
  readonly telemetry?: Telemetry | undefined;
  readonly gemini: { readonly model?: string };
  readonly ledger?: TokenLedger;
  readonly clock: Clock;
}

/** The model's stream as a span below its turn, by OpenTelemetry's conventions for generative AI, and what it used. */
export function tellOfStream(
  { telemetry, gemini, ledger, clock }: TurnTelemetryDeps,
  run: Run,
  { meter, writer, startMs }: { meter: TurnMeter; writer: TurnWriter; startMs: number },
): void {
  if (!telemetry) return;
  const { usage, calls } = meter;
  const { planEpoch, ms, finishReason, error } = writer.turn;
  const model = gemini.model ?? 'unknown';
  telemetry.modelUsed({ model, ...usage, microUsd: ledger?.microUsdOf(usage) ?? 0 });
  telemetry.span({
    runId: run.runId,
    name: `chat ${model}`,
    key: ['model', String(planEpoch)],
    parent: ['turn', String(planEpoch)],
    startMs,
    endMs: clock.nowMs(),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': usage.prompt,
      'gen_ai.usage.output_tokens': usage.output + usage.thoughts,
      'rodex.model.calls': calls,
      ...(ms['firstByte'] !== undefined && { 'rodex.model.first_byte_ms': ms['firstByte'] }),
      ...(ms['firstStep'] !== undefined && { 'rodex.model.first_step_ms': ms['firstStep'] }),
      ...(finishReason !== undefined && { 'rodex.model.finish_reason': finishReason }),
    },
    ...(error && { error: error.code }),
  });
}
