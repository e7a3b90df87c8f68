import { makeCheckpoint } from '../../../shared/audit/checkpointer.ts';
import { readListing } from '../../../shared/audit/export-format.ts';
import { openLocalAuditArchive } from '../../../shared/audit/local-audit-archive.ts';
import { proveEntry, proveGrowth } from '../../../shared/audit/prove-entry.ts';
import { formatNoteKey } from '../../../shared/audit/signed-note.ts';
import { signingKeys } from '../../../shared/audit/signing-keys.ts';
import { appendTenantEvent } from '../../../shared/audit/tenant-log.ts';
import { RunId } from '../../../shared/contracts/run.ts';
import { TENANT_LOG } from '../../../shared/contracts/stored-log-entry.ts';
import type { TenantEvent } from '../../../shared/contracts/tenant-event.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { eraseRun, eraseSubject } from '../../../shared/journal/erase-run.ts';
import { pruneRuns } from '../../../shared/journal/prune-runs.ts';
import { readRunLog } from '../../../shared/journal/run-log.ts';
import type { Platform } from '../../../shared/platform/platform.ts';
import type { CommandContext } from '../session.ts';
import { plain } from '../terminal-text.ts';
import { withPlatform } from './audit-verify.ts';

/** The person at this terminal. */
const ACTOR = 'user:local';

/**
 * The public key that checks checkpoints of this platform, below those that signed before it: keep them where the platform's operators
 * cannot change them.
 */
export async function auditKeyCommand(context: CommandContext): Promise<number> {
  return withPlatform(context, async (platform) => {
    const keys = await signingKeys(platform, context.config.tenantId);
    const key = formatNoteKey(keys.key);
    const earlier = keys.earlierKeys.map(formatNoteKey);
    const json = { key, ...(earlier.length > 0 && { earlier }) };
    context.out.write(
      context.json ? `${JSON.stringify(json)}\n` : `${[...earlier, key].join('\n')}\n`,
    );
    return 0;
  });
}

/** Signs what is new, then copies the export; what is there already is compared, never replaced. */
export async function auditExportCommand(
  context: CommandContext,
  options: { out: string; tenant?: string },
): Promise<number> {
  const tenantId = options.tenant ?? context.config.tenantId;
  return withPlatform(context, async (platform) => {
    await access(platform, tenantId, { type: 'access', what: 'export' });
    const size = await makeCheckpoint({ ...platform, log: context.log }, tenantId);
    const target = openLocalAuditArchive(options.out);
    const names = await platform.archive.list(`${tenantId}/`);
    for (const name of names) {
      const bytes = await platform.archive.get(name);
      if (bytes) await target.put(name, bytes);
    }
    const key = formatNoteKey((await signingKeys(platform, tenantId)).key);
    context.out.write(
      context.json
        ? `${JSON.stringify({ tenantId, size, files: names.length, out: options.out, key })}\n`
        : `${size} entries of tenant ${tenantId} in ${options.out}; verify with\n  rodex audit verify --export ${options.out} --key '${key}'\n`,
    );
    return 0;
  });
}

const entryOf = (text: string): { runId: string; seq: number } => {
  const [runId = '', seq = ''] = text.split('/');
  const known = runId === TENANT_LOG || RunId.safeParse(runId).success;
  if (known && /^\d{1,9}$/.test(seq)) return { runId, seq: Number(seq) };
  throw new AppError(
    'invalid_request',
    `"${text.slice(0, 60)}" names no entry: give RUN/NUMBER, such as run_x/12, or ${TENANT_LOG}/3 for the tenant's own log`,
  );
};

/** The proof that an entry is in the signed log, or that an earlier checkpoint is its beginning, for somebody who trusts nobody here: `docs/security/verify-audit.mjs` checks it. */
export async function auditProveCommand(
  context: CommandContext,
  entry: string | undefined,
  { tenant, earlier }: { tenant?: string; earlier?: number },
): Promise<number> {
  const tenantId = tenant ?? context.config.tenantId;
  const where = entry === undefined ? undefined : entryOf(entry);
  return withPlatform(context, async (platform) => {
    const { archive } = platform;
    const runId = where?.runId;
    await access(platform, tenantId, { type: 'access', what: 'prove', ...(runId && { runId }) });
    const proof = where
      ? await proveEntry(archive, tenantId, where, earlier)
      : await proveGrowth(archive, tenantId, sizeOf(earlier));
    context.out.write(`${JSON.stringify(proof, undefined, context.json ? 0 : 2)}\n`);
    return 0;
  });
}

function sizeOf(earlier: number | undefined): number {
  if (earlier !== undefined) return earlier;
  throw new AppError(
    'invalid_request',
    'prove what: give an entry (RUN/NUMBER), --earlier SIZE, or both',
  );
}

/** The tenant's own log and where its tree stands, or one entry, decrypted. */
export async function auditShowCommand(
  context: CommandContext,
  entry: string | undefined,
  options: { tenant?: string },
): Promise<number> {
  const tenantId = options.tenant ?? context.config.tenantId;
  return withPlatform(context, async (platform) => {
    const { runId, seq } = entry === undefined ? { runId: TENANT_LOG, seq: -1 } : entryOf(entry);
    if (runId !== TENANT_LOG)
      await access(platform, tenantId, { type: 'access', what: 'show', runId });
    const entries = await readRunLog(platform, tenantId, runId);
    const shown = entry === undefined ? entries : entries.filter((one) => one.seq === seq);
    if (entry !== undefined && shown.length === 0)
      throw new AppError('not_found', `there is no entry ${seq} of ${runId}`);
    const sizes = readListing(await platform.archive.list(`${tenantId}/`)).checkpoints;
    if (context.json)
      context.out.write(`${JSON.stringify({ entries: shown, checkpoints: sizes })}\n`);
    else {
      for (const { seq: number, at, actor, event } of shown)
        context.out.write(
          `${String(number).padStart(5)} ${at}  ${plain(actor, 60)}  ${plain(JSON.stringify(event), 2_000)}\n`,
        );
      context.out.write(`${sizes.length} checkpoints, newest of size ${sizes.at(-1) ?? 0}\n`);
    }
    return 0;
  });
}

export async function auditEraseCommand(
  context: CommandContext,
  options: { run?: string; requestedBy?: string; label?: string; reason: string; tenant?: string },
): Promise<number> {
  const tenantId = options.tenant ?? context.config.tenantId;
  return withPlatform(context, async (platform) => {
    const deps = { ...platform, log: context.log };
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(options.label ?? '') ?? [];
    const erased =
      options.run === undefined
        ? await eraseSubject(
            deps,
            ACTOR,
            tenantId,
            {
              ...(options.requestedBy !== undefined && { requestedBy: options.requestedBy }),
              ...(options.label !== undefined && { label: { name, value } }),
            },
            options.reason,
          )
        : [(await eraseRun(deps, ACTOR, tenantId, options.run, options.reason)).runId];
    context.out.write(
      context.json
        ? `${JSON.stringify({ erased })}\n`
        : `${erased.length} runs erased; their logs still verify. Backups hold what they hold until they lapse.\n`,
    );
    return 0;
  });
}

export async function auditPruneCommand(
  context: CommandContext,
  options: { before: string; tenant?: string },
): Promise<number> {
  const tenantId = options.tenant ?? context.config.tenantId;
  const before = new Date(options.before);
  if (Number.isNaN(before.getTime()))
    throw new AppError('invalid_request', '--before: a date such as 2026-01-31');
  return withPlatform(context, async (platform) => {
    const deps = { ...platform, log: context.log };
    await makeCheckpoint(deps, tenantId);
    const pruned = await pruneRuns(deps, ACTOR, tenantId, before.toISOString());
    await makeCheckpoint(deps, tenantId);
    context.out.write(
      context.json
        ? `${JSON.stringify({ pruned })}\n`
        : `${pruned.length} runs removed; that they were is signed. Their entries stay in the export.\n`,
    );
    return 0;
  });
}

async function access(
  platform: Platform,
  tenantId: string,
  event: Extract<TenantEvent, { type: 'access' }>,
): Promise<void> {
  await appendTenantEvent(platform, tenantId, ACTOR, event);
}
