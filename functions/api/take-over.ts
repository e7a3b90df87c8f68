import type { Lease } from '../../shared/contracts/lease.ts';
import { leasePath, takeOverInputsPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { StoredTakeOverInput, TakeOverInput } from '../../shared/contracts/take-over.ts';
import { AppError } from '../../shared/core/errors.ts';
import { RunJournal, type JournalDeps } from '../../shared/journal/run-journal.ts';
import { assertMayApprove, type Identity } from '../../shared/policy/roles.ts';
import { LEASE_MS } from '../../shared/runs/lease-times.ts';
import { proposerOf } from './answer-run.ts';

/** For the log: where, but not what. */
function inWords(input: TakeOverInput): string {
  switch (input.do) {
    case 'click':
      return `${input.button} click at @${input.x},${input.y}${input.count > 1 ? ` ×${input.count}` : ''}`;
    case 'move':
      return `move to @${input.x},${input.y}`;
    case 'scroll':
      return `scroll at @${input.x},${input.y} by ${input.dx},${input.dy}`;
    case 'type':
      return `type ${input.text.length} characters`;
    case 'press':
      return input.key.length === 1 ? 'press a key' : `press ${input.key}`;
  }
}

/**
 * Hands an input to the browser of a run that asked for a person's hands. What hands can do, a yes could have allowed: whoever may
 * approve the run's commits may lend them. Errors: `conflict` when the run does not ask for hands, or put its browser away.
 */
export async function takeOverInput(
  deps: JournalDeps,
  identity: Identity,
  runId: string,
  input: TakeOverInput,
): Promise<void> {
  const { tenantId, principal } = identity;
  const journal = await RunJournal.open(deps, principal, tenantId, runId);
  assertMayApprove(identity, await proposerOf(deps, journal.run));
  await assertHeld(deps, journal.run);
  const cipher = await deps.vault.cipher(deps.store, tenantId, runId);
  const asked = ({ waitingFor }: Run): string => {
    if (waitingFor?.kind !== 'take-over')
      throw new AppError('conflict', `run ${runId} does not ask for a person's hands`);
    return waitingFor.requestId;
  };
  await journal.append(
    (run) => [{ type: 'take-over.input', requestId: asked(run), input: inWords(input) }],
    (run) => {
      const path = `${takeOverInputsPath(tenantId, runId)}/${String(run.seq + 1).padStart(9, '0')}`;
      const sealed = cipher?.sealText(path, JSON.stringify(input)) ?? '';
      const data: StoredTakeOverInput = {
        schemaVersion: 1,
        runId,
        requestId: asked(run),
        sealed,
      };
      return [{ op: 'create', path, data }];
    },
  );
}

async function assertHeld({ store }: JournalDeps, { tenantId, runId }: Run): Promise<void> {
  const lease = await store.get<Lease>(leasePath(tenantId, runId));
  if (lease && !lease.data.released && lease.ageMs <= LEASE_MS) return;
  throw new AppError(
    'conflict',
    `run ${runId} has put its browser away meanwhile: answer "done", and it opens one again and asks anew if it still needs you`,
  );
}
