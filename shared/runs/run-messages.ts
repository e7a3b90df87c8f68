import type { LogEvent } from '../contracts/log-entry.ts';
import type { Message } from '../contracts/message.ts';
import type { Run } from '../contracts/run.ts';

/** Messages that follow from an entry; whoever committed it publishes them. */
export function messagesOf(run: Run, event: LogEvent): readonly Message[] {
  const base = { schemaVersion: 1 as const, tenantId: run.tenantId, runId: run.runId };
  switch (event.type) {
    case 'run.created':
      return [{ type: 'run.ready', ...base }];
    case 'turn.opened':
      return [{ type: 'plan.requested', ...base, planEpoch: event.planEpoch }];
    case 'human.answered':
    case 'run.cancel-requested':
    case 'run.resumed':
      return [{ type: 'run.resume', ...base }];
    // Nobody need wait for the next look.
    case 'lease.released':
      return event.reason === 'shutdown' && run.needsOwner ? [{ type: 'run.ready', ...base }] : [];
    default:
      return [];
  }
}
