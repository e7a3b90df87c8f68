import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openLocalAuditArchive } from '../../../shared/audit/local-audit-archive.ts';
import { parseNoteKey, type NoteKey } from '../../../shared/audit/signed-note.ts';
import { signingKeys } from '../../../shared/audit/signing-keys.ts';
import { verifyExport, type ExportVerdict } from '../../../shared/audit/verify-export.ts';
import { verifyRunLog, type RunLogVerdict } from '../../../shared/audit/verify-run-log.ts';
import { verifyTenant } from '../../../shared/audit/verify-tenant.ts';
import { exitStatus } from '../../../shared/core/error-table.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { openPlatform } from '../../../shared/platform/open-platform.ts';
import type { Platform } from '../../../shared/platform/platform.ts';
import type { CommandContext } from '../session.ts';
import { paint, plain } from '../terminal-text.ts';

interface VerifyOptions {
  readonly run?: string;
  readonly tenant?: string;
  readonly export?: string;
  readonly since?: string;
  readonly key?: string;
}

/** Opens the stores themselves: works beside a running platform, after a crash, and without trusting the API. */
export async function withPlatform(
  { config }: CommandContext,
  work: (platform: Platform) => Promise<number>,
): Promise<number> {
  if (config.platform === 'embedded' && !existsSync(join(config.dataDir, 'state.sqlite')))
    throw new AppError(
      'not_found',
      `there is nothing to verify in ${config.dataDir}; set RODEX_DATA_DIR to the data directory`,
    );
  const platform = await openPlatform(config);
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
}

/** One key a line, the newest last. */
function keysOf(text: string): { key: NoteKey; earlierKeys: NoteKey[] } {
  const keys = text.trim().split(/\s+/).map(parseNoteKey);
  const key = keys.pop();
  return { key: key ?? parseNoteKey(''), earlierKeys: keys };
}

/** A value, or the file that holds it. */
function textOrFile(option: string, value: string): string {
  if (!existsSync(value)) return value;
  try {
    return readFileSync(value, 'utf8');
  } catch (error) {
    throw new AppError('invalid_request', `${option}: ${value} cannot be read`, { cause: error });
  }
}

export async function auditVerifyCommand(
  context: CommandContext,
  options: VerifyOptions,
): Promise<number> {
  const tenantId = options.tenant ?? context.config.tenantId;
  const since = options.since === undefined ? undefined : textOrFile('--since', options.since);
  if (options.export !== undefined) {
    const verdict = await verifyOffline(options.export, tenantId, { ...options, since });
    if (context.json) context.out.write(`${JSON.stringify(verdict)}\n`);
    else printExport(context, verdict, options.run);
    return verdict.ok ? 0 : exitStatus('audit_broken');
  }
  return withPlatform(context, async (platform) => {
    if (options.run !== undefined) {
      const verdict = await verifyRunLog(platform.store, tenantId, options.run);
      return report(context, verdict.ok, [{ runId: options.run, verdict }]);
    }
    const keys =
      options.key === undefined
        ? await signingKeys(platform, tenantId)
        : keysOf(textOrFile('--key', options.key));
    const found = await verifyTenant({ ...platform, ...keys }, tenantId, since);
    return report(context, found.verified, found.runs, found);
  });
}

async function verifyOffline(
  dir: string,
  tenantId: string,
  { key, since, run }: { key?: string; since?: string | undefined; run?: string },
): Promise<ExportVerdict> {
  if (key === undefined)
    throw new AppError(
      'invalid_request',
      '--key: an export is verified with the public key only: give the line that `rodex audit key` prints, or a file that holds it',
    );
  return verifyExport(openLocalAuditArchive(dir), {
    tenantId,
    ...keysOf(textOrFile('--key', key)),
    ...(since !== undefined && { since }),
    ...(run !== undefined && { runId: run }),
  });
}

function report(
  context: CommandContext,
  verified: boolean,
  runs: readonly { readonly runId: string; readonly verdict: RunLogVerdict }[],
  tenant?: Awaited<ReturnType<typeof verifyTenant>>,
): number {
  const { out } = context;
  if (context.json) {
    const { export: exported, differing, tenantLog } = tenant ?? {};
    out.write(
      `${JSON.stringify({ verified, runs, ...(tenantLog && { tenantLog }), ...(exported && { export: exported, differing }) })}\n`,
    );
  } else {
    const own = tenant?.tenantLog && [{ runId: 'the tenant', verdict: tenant.tenantLog }];
    for (const { runId, verdict } of [...runs, ...(own ?? [])])
      out.write(
        verdict.ok
          ? `${paint('green', 'OK ', out)} ${runId}  ${verdict.entries} entries  head ${verdict.headHash.slice(0, 16)}…\n`
          : `${paint('red', 'BAD', out)} ${runId}  ${verdict.damage}: ${plain(verdict.message, 400)}\n`,
      );
    if (runs.length === 0) out.write('no runs yet\n');
    if (tenant?.export) printExport(context, tenant.export);
    for (const { runId, seq, message } of tenant?.differing ?? [])
      out.write(`${paint('red', 'BAD', out)} ${runId}  entry ${seq}: ${message}\n`);
  }
  return verified ? 0 : exitStatus('audit_broken');
}

function printExport({ out }: CommandContext, verdict: ExportVerdict, run?: string): void {
  if (!verdict.ok) {
    const where = verdict.runId === undefined ? '' : ` (${verdict.runId}, entry ${verdict.seq})`;
    out.write(
      `${paint('red', 'BAD', out)} export  ${verdict.damage}: ${plain(verdict.message, 400)}${where}\n`,
    );
    return;
  }
  const at = verdict.at === undefined ? '' : `  signed ${verdict.at}`;
  out.write(
    `${paint('green', 'OK ', out)} export  size ${verdict.size}  root ${verdict.root}${at}\n    ${verdict.logs} logs${verdict.run ? `; ${run}: ${verdict.run.entries} entries, head ${verdict.run.headHash.slice(0, 16)}…` : ''}\n    freshness: ${verdict.freshness}\n`,
  );
}
