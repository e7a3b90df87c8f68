import type { AuditVerdict, Client, LogEntry, Run } from '../../shared/client/client.ts';
import type { ErrorCode, ErrorInfo } from '../../shared/contracts/error-code.ts';
import { exitStatus } from '../../shared/core/error-table.ts';

/** What a script reads: the one JSON object of `--json`. */
export interface RunSummary {
  readonly runId: string;
  readonly status: string;
  readonly result: Run['result'] | null;
  readonly turns: number;
  readonly steps: number;
  readonly modelCalls: number;
  readonly tokens: { readonly prompt: number; readonly cached: number; readonly output: number };
  readonly ms: {
    readonly total: number;
    readonly planning: number;
    readonly acting: number;
    readonly observing: number;
    readonly waiting: number;
  };
  readonly audit: { readonly entries: number; readonly verified: boolean };
  readonly error?: ErrorInfo;
  readonly waitingFor?: Run['waitingFor'];
}

const NEEDS: Record<NonNullable<Run['waitingFor']>['kind'], ErrorCode> = {
  approval: 'needs_approval',
  input: 'needs_input',
  uncertain: 'needs_resolution',
};

const sum = (values: Iterable<number>): number =>
  [...values].reduce((total, value) => total + value, 0);

function spent(entries: readonly LogEntry[], run: Run): RunSummary['ms'] {
  const until = Date.parse(run.endedAt ?? run.updatedAt);
  const outcomes = entries.flatMap(({ event }) =>
    event.type === 'step.ended' ? [event.outcome] : [],
  );
  return {
    total: until - Date.parse(run.createdAt),
    planning: Math.round(
      sum(
        entries.map(({ event }) => (event.type === 'turn.closed' ? (event.ms['total'] ?? 0) : 0)),
      ),
    ),
    acting: Math.round(sum(outcomes.flatMap((outcome) => Object.values(outcome.ms)))),
    observing: Math.round(
      sum(entries.map(({ event }) => (event.type === 'turn.opened' ? event.observation.ms : 0))),
    ),
    waiting: Math.round(run.waitedMs),
  };
}

export async function summarise(client: Client, runId: string): Promise<RunSummary> {
  const run = await client.run(runId);
  const [entries, audit]: [LogEntry[], AuditVerdict] = await Promise.all([
    client.log(runId),
    client.audit(runId),
  ]);
  return {
    runId,
    status: run.waitingFor ? NEEDS[run.waitingFor.kind] : run.status,
    result: run.result ?? null,
    turns: run.planEpoch,
    steps: run.steps,
    modelCalls: run.modelCalls,
    tokens: { prompt: run.tokens.prompt, cached: run.tokens.cached, output: run.tokens.output },
    ms: spent(entries, run),
    audit: { entries: audit.entries, verified: audit.verified },
    ...(run.error && { error: run.error }),
    ...(run.waitingFor && { waitingFor: run.waitingFor }),
  };
}

/** 0 only when the run succeeded and its log verifies. */
export function exitStatusOf(summary: RunSummary): number {
  if (!summary.audit.verified) return exitStatus('audit_broken');
  if (summary.status === 'succeeded') return 0;
  if (summary.waitingFor) return exitStatus(NEEDS[summary.waitingFor.kind]);
  return exitStatus(summary.error?.code ?? 'internal');
}
