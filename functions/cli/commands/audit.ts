import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { verifyRunLog, verifyTenantLogs } from '../../../shared/audit/verify-run-log.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { exitStatus } from '../../../shared/core/error-table.ts';
import { openEmbeddedPlatform } from '../../../shared/platform/embedded-platform.ts';
import type { CommandContext } from '../session.ts';
import { paint, plain } from '../terminal-text.ts';

/** Reads the store itself, so that it works beside a running platform, after a crash, and without trusting the API. */
export async function auditVerifyCommand(
  context: CommandContext,
  options: { run?: string },
): Promise<number> {
  const { config, out } = context;
  if (!existsSync(join(config.dataDir, 'state.sqlite')))
    throw new AppError(
      'not_found',
      `there is nothing to verify in ${config.dataDir}; set RODEX_DATA_DIR to the data directory`,
    );
  const platform = await openEmbeddedPlatform(config.dataDir);
  try {
    const verdicts =
      options.run === undefined
        ? await Array.fromAsync(verifyTenantLogs(platform.store, config.tenantId))
        : [
            {
              runId: options.run,
              verdict: await verifyRunLog(platform.store, config.tenantId, options.run),
            },
          ];
    const bad = verdicts.filter(({ verdict }) => !verdict.ok);
    if (context.json)
      out.write(`${JSON.stringify({ verified: bad.length === 0, runs: verdicts })}\n`);
    else {
      for (const { runId, verdict } of verdicts)
        out.write(
          verdict.ok
            ? `${paint('green', 'OK ', out)} ${runId}  ${verdict.entries} entries  head ${verdict.headHash.slice(0, 16)}…\n`
            : `${paint('red', 'BAD', out)} ${runId}  ${verdict.damage}: ${plain(verdict.message, 400)}\n`,
        );
      if (verdicts.length === 0) out.write('no runs yet\n');
    }
    return bad.length === 0 ? 0 : exitStatus('audit_broken');
  } finally {
    await platform.close();
  }
}
