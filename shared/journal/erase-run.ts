import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { appendTenantEvent } from '../audit/tenant-log.ts';
import { runKeyPath, runPath } from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';
import { isFinal } from '../runs/run-machine.ts';
import type { StateStore, Write } from '../state/state-store.ts';
import { RunJournal, type JournalDeps } from './run-journal.ts';

export interface EraseDeps extends JournalDeps {
  readonly artifacts: ArtifactStore;
}

/** Everything below a run but its log: what was planned, seen and stored of it, its key, and the salt of its digests. */
export const CONTENT = [
  'turns',
  'steps',
  'observations',
  'ledger',
  'lease',
  'key',
  'keys',
  'given',
  'inputs',
  'outbox',
];
const PAGE = 400;

/**
 * Destroys the content of a run that has ended: its key (so that no copy of its log can be read, here or in an export), its
 * projection's content, turns, steps, observations, artifacts and browser state. The log stays and verifies; the last entry says
 * who erased and why. May be repeated after a failure. Errors: `conflict` while the run has not ended, `not_found`.
 */
export async function eraseRun(
  deps: EraseDeps,
  actor: string,
  tenantId: string,
  runId: string,
  reason: string,
): Promise<Run> {
  const journal = await RunJournal.open(deps, actor, tenantId, runId);
  if (journal.run.erasedAt === undefined) {
    if (!isFinal(journal.run))
      throw new AppError('conflict', `run ${runId} has not ended; cancel it first`);
    await appendTenantEvent(deps, tenantId, actor, { type: 'erasure', runId, reason });
    await journal.append(
      (run) => (run.erasedAt === undefined ? [{ type: 'run.erased', reason }] : []),
      () => [{ op: 'delete', path: runKeyPath(tenantId, runId) }],
    );
  }
  await removeContent(deps, tenantId, runId);
  return journal.run;
}

/** Erases every run that a person asked for or that carries a label; gives the ids. Runs that have not ended are a `conflict`. */
export async function eraseSubject(
  deps: EraseDeps,
  actor: string,
  tenantId: string,
  subject: { requestedBy?: string; label?: { name: string; value: string } },
  reason: string,
): Promise<string[]> {
  const { requestedBy, label } = subject;
  const where = [
    ...(requestedBy === undefined
      ? []
      : [{ field: 'requestedBy', op: '==' as const, value: requestedBy }]),
    ...(label === undefined
      ? []
      : [{ field: `labels.${label.name}`, op: '==' as const, value: label.value }]),
  ];
  if (where.length === 0)
    throw new AppError(
      'invalid_request',
      '--run, --requested-by or --label: say which runs are to be erased',
    );
  const runs: Run[] = [];
  for (let startAfter: string | undefined; ;) {
    const page = await deps.store.query<Run>({
      collection: `tenants/${tenantId}/runs`,
      where,
      limit: PAGE,
      ...(startAfter !== undefined && { startAfter }),
    });
    runs.push(...page.map(({ data }) => data));
    startAfter = page.at(-1)?.path;
    if (page.length < PAGE) break;
  }
  const open = runs.find((run) => !isFinal(run));
  if (open) throw new AppError('conflict', `run ${open.runId} has not ended; cancel it first`);
  for (const run of runs) await eraseRun(deps, actor, tenantId, run.runId, reason);
  return runs.map(({ runId }) => runId);
}

/** May be repeated. */
export async function removeContent(
  deps: Pick<EraseDeps, 'store'> & { readonly artifacts: Pick<ArtifactStore, 'removeRun'> },
  tenantId: string,
  runId: string,
): Promise<void> {
  for (const name of CONTENT) await removeAll(deps.store, `${runPath(tenantId, runId)}/${name}`);
  await deps.artifacts.removeRun(tenantId, runId);
}

export async function removeAll(store: StateStore, collection: string): Promise<void> {
  for (;;) {
    const page = await store.query({ collection, limit: PAGE });
    if (page.length === 0) return;
    await store.commit(page.map(({ path }): Write => ({ op: 'delete', path })));
  }
}
