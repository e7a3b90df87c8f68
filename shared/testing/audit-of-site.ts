import type { AuditArchive } from '../audit/audit-archive.ts';
import { makeCheckpoint } from '../audit/checkpointer.ts';
import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import type { RunVault } from '../audit/run-vault.ts';
import { noteKey } from '../audit/signed-note.ts';
import { verifyTenant } from '../audit/verify-tenant.ts';
import type { LogEvent } from '../contracts/log-entry.ts';
import type { Clock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { readRunLog } from '../journal/run-log.ts';
import type { StateStore } from '../state/state-store.ts';

export interface AuditedPlatform {
  readonly store: StateStore;
  readonly vault: RunVault;
  readonly archive: AuditArchive;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
}

/**
 * Ends a chaos test: signs and exports what is there, verifies every chain and the export, and holds the log against the site's own
 * ledger: every line whose marker is an input of some run has exactly one acted commit, and every acted commit has a line; a commit of
 * which the log says that nobody knows may have one. Gives what is wrong, in words.
 */
export async function auditAgainstSite(
  platform: AuditedPlatform,
  tenantId: string,
  markers: readonly string[],
): Promise<string[]> {
  const { store, signer, archive } = platform;
  await makeCheckpoint({ ...platform, log: silentLogger }, tenantId);
  const key = noteKey(signer.name, await signer.publicKey());
  const verdict = await verifyTenant({ store, archive, key }, tenantId);
  const wrong = verdict.runs.flatMap(({ runId, verdict: run }) =>
    run.ok ? [] : [`${runId}: ${run.damage}: ${run.message}`],
  );
  const own = verdict.tenantLog;
  if (own?.ok === false) wrong.push(`the tenant's log: ${own.damage}: ${own.message}`);
  if (verdict.export && !verdict.export.ok) wrong.push(`export: ${verdict.export.message}`);
  wrong.push(...verdict.differing.map(({ runId, seq, message }) => `${runId}/${seq}: ${message}`));

  const lines = new Map<string, number>();
  for (const marker of markers) lines.set(marker, (lines.get(marker) ?? 0) + 1);
  const acted = new Map<string, Commits>();
  for (const { runId } of verdict.runs) {
    const events = (await readRunLog(platform, tenantId, runId)).map(({ event }) => event);
    const [created] = events;
    const inputs = created?.type === 'run.created' ? Object.values(created.inputs).map(String) : [];
    const { sure, unknown } = commitsOf(events);
    // Inputs that never marked anything on the site are no markers.
    const marking = inputs.filter((input) => lines.has(input));
    if (marking.length === 0 && sure > 0)
      wrong.push(`${runId}: ${sure} acted commits, and the site has no line for any of its inputs`);
    for (const marker of marking) {
      const before = acted.get(marker) ?? NONE;
      acted.set(marker, { sure: before.sure + sure, unknown: before.unknown + unknown });
    }
  }
  for (const [marker, count] of lines) {
    const { sure, unknown } = acted.get(marker) ?? NONE;
    if (count < sure || count > sure + unknown)
      wrong.push(
        `the site has ${count} lines for ${marker}, the log ${sure} acted commits${unknown > 0 ? ` and ${unknown} that nobody knows of` : ''}`,
      );
  }
  return wrong;
}

interface Commits {
  /** The log says that they acted: by their outcome, or because somebody found out. */
  readonly sure: number;
  /** Begun, and the log says no more: it is asked about, or the run ended first. */
  readonly unknown: number;
}
const NONE: Commits = { sure: 0, unknown: 0 };

function commitsOf(events: readonly LogEvent[]): Commits {
  const open = new Set<string>();
  let sure = 0;
  for (const event of events) {
    if (event.type === 'step.intent' && event.decision.effect === 'commit') open.add(event.stepId);
    const settled =
      event.type === 'step.ended'
        ? event.outcome.acted
        : event.type === 'step.resolved' && event.verdict === 'acted';
    if (event.type !== 'step.ended' && event.type !== 'step.resolved') continue;
    if (open.delete(event.stepId) && settled) sure += 1;
  }
  return { sure, unknown: open.size };
}
