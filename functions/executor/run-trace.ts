import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { readRunLog } from '../../shared/journal/run-log.ts';
import { actionLog } from './action-log.ts';
import type { BrowserSession, SessionHost, TraceFile } from './browser-session.ts';
import type { ExecutorDeps } from './deps.ts';

/**
 * Keeps what was recorded of one ownership of a run as artifacts, if its task contract asks for it. Nothing is kept of a run that came to hold a
 * secret. The run's end stands also where a recording could not be kept.
 */
export async function saveTrace(
  deps: ExecutorDeps,
  journal: RunJournal,
  host: SessionHost,
  session: BrowserSession | undefined,
  leaseEpoch: number,
): Promise<void> {
  const { trace, secrets } = journal.run.contract;
  if (!trace) return;
  const { log } = deps;
  const { tenantId, runId } = journal.run;
  try {
    const files: TraceFile[] = [...((await session?.takeTrace?.()) ?? [])];
    if (secrets.length > 0 || journal.run.usedSecret || host.maskedValues.size > 0) {
      log.warn('the trace was dropped: the run came to hold a secret', { runId });
      return;
    }
    if (trace.includes('actions')) {
      const lines = actionLog(await readRunLog(deps, tenantId, runId), leaseEpoch);
      const content = new TextEncoder().encode(lines);
      files.push({ name: 'actions.jsonl', mediaType: 'application/x-ndjson', content });
    }
    // A run that went through several browsers has a trace of each.
    const named = (name: string): string =>
      leaseEpoch > 1 ? name.replace(/\.(\w+)$/, `-${leaseEpoch}.$1`) : name;
    for (const { name, mediaType, content } of files)
      await host.saveArtifact(named(name), mediaType, 'trace', content);
  } catch (error) {
    const { code, message } = AppError.from(error);
    if (code === 'lease_lost') throw error;
    log.warn('the trace was not kept', { runId, code, error: message });
  }
}
