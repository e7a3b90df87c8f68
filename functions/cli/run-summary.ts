import type { AuditVerdict, Client, LogEntry, Run } from '../../shared/client/client.ts';
import type { ErrorCode, ErrorInfo } from '../../shared/contracts/error-code.ts';
import type { Ledger } from '../../shared/contracts/ledger.ts';
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
  /** How much was asked, and what left with an unsafe method. */
  readonly gate: {
    readonly level: string;
    readonly passed: number;
    readonly failed: number;
    readonly beacons: number;
    /** `POST https://portal.example/orders`, with how often and why. */
    readonly endpoints: readonly {
      readonly request: string;
      readonly by: string;
      readonly count: number;
    }[];
  };
  readonly audit: { readonly entries: number; readonly verified: boolean };
  readonly error?: ErrorInfo;
  readonly waitingFor?: Run['waitingFor'];
}

const NEEDS: Record<NonNullable<Run['waitingFor']>['kind'], ErrorCode> = {
  approval: 'needs_approval',
  input: 'needs_input',
  secret: 'needs_input',
  'take-over': 'needs_input',
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

/** What passed the wire gate, from the log. */
function gateOf(entries: readonly LogEntry[], run: Run): RunSummary['gate'] {
  const reports = entries.flatMap(({ event }) =>
    event.type === 'step.ended'
      ? (event.outcome.gate ?? [])
      : event.type === 'step.late' || event.type === 'step.uncertain'
        ? (event.gate ?? [])
        : [],
  );
  const all = reports.flatMap((report) => report.requests);
  const passed = all.filter((request) => request.verdict === 'passed');
  const counts = new Map<string, { request: string; by: string; count: number }>();
  for (const { method, url, by } of passed) {
    const request = `${method} ${url.split(/[?#]/, 1)[0] ?? ''}`;
    const known = counts.get(`${by} ${request}`);
    if (known) known.count += 1;
    else counts.set(`${by} ${request}`, { request, by, count: 1 });
  }
  return {
    level: run.contract.level,
    passed: passed.length,
    failed: all.length - passed.length,
    beacons: all.filter((request) => request.resource === 'ping').length,
    endpoints: [...counts.values()].slice(0, 50),
  };
}

export async function summarise(client: Client, runId: string): Promise<RunSummary> {
  const run = await client.run(runId);
  const [entries, audit, ledger]: [LogEntry[], AuditVerdict, Ledger] = await Promise.all([
    client.log(runId),
    client.audit(runId),
    client.runUsage(runId),
  ]);
  return {
    runId,
    status: run.waitingFor ? NEEDS[run.waitingFor.kind] : run.status,
    result: run.result ?? null,
    turns: run.planEpoch,
    steps: run.steps,
    modelCalls: ledger.calls,
    tokens: {
      prompt: ledger.tokens.prompt,
      cached: ledger.tokens.cached,
      output: ledger.tokens.output,
    },
    ms: spent(entries, run),
    gate: gateOf(entries, run),
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
