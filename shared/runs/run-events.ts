import type { LogEntry } from '../contracts/log-entry.ts';
import type { Run } from '../contracts/run.ts';
import type { RunEvent, RunEventType } from '../contracts/run-event.ts';

const ENDED = {
  succeeded: 'rodex.run.succeeded',
  failed: 'rodex.run.failed',
  cancelled: 'rodex.run.cancelled',
  expired: 'rodex.run.expired',
} as const;

function typeOf(before: Run | undefined, run: Run, entry: LogEntry): RunEventType | undefined {
  if (!before) return 'rodex.run.created';
  if (before.leaseEpoch === 0 && entry.event.type === 'lease.taken') return 'rodex.run.started';
  if (before.status === run.status) return undefined;
  switch (run.status) {
    case 'succeeded':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return ENDED[run.status];
    case 'waiting_human':
      return run.waitingFor?.kind === 'uncertain' ? 'rodex.run.uncertain' : 'rodex.run.waiting';
    case 'paused':
      return 'rodex.run.paused';
    case 'queued':
    case 'planning':
    case 'acting': {
      const rested = before.status === 'waiting_human' || before.status === 'paused';
      return rested ? 'rodex.run.resumed' : undefined;
    }
  }
}

/** What an entry has to tell others, if anything; pure, so the same log tells the same events under the same ids. */
export function eventOf(before: Run | undefined, run: Run, entry: LogEntry): RunEvent | undefined {
  const type = typeOf(before, run, entry);
  if (type === undefined) return undefined;
  const { tenantId, runId, status, template, waitingFor, error } = run;
  const asked = status === 'waiting_human' ? waitingFor : undefined;
  return {
    specversion: '1.0',
    id: `${runId}.${entry.seq}`,
    source: `/tenants/${tenantId}/runs/${runId}`,
    type,
    time: entry.at,
    subject: runId,
    datacontenttype: 'application/json',
    data: {
      schemaVersion: 1,
      tenantId,
      runId,
      seq: entry.seq,
      status,
      ...(template !== undefined && { template }),
      ...(asked && {
        request: {
          requestId: asked.requestId,
          kind: asked.kind,
          expiresAt: asked.expiresAt,
        },
      }),
      ...(error && { error: { code: error.code, retryable: error.retryable } }),
    },
  };
}
