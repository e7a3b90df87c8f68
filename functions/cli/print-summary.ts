import type { Client } from '../../shared/client/client.ts';
import { bytes, duration, paint, plain } from './terminal-text.ts';
import type { RunSummary } from './run-summary.ts';
import type { CommandContext } from './session.ts';

/** The result of a run: one JSON object for scripts, a short report for people. */
export async function printSummary(
  context: CommandContext,
  client: Client,
  summary: RunSummary,
): Promise<void> {
  const { out, err } = context;
  if (context.json) {
    out.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const { tokens, ms, audit } = summary;
  const lines: string[] = [''];
  if (summary.result !== null && summary.result !== undefined)
    lines.push(paint('bold', 'Result', out), JSON.stringify(summary.result, undefined, 2), '');
  const artifacts = await client.artifacts(summary.runId);
  if (artifacts.length > 0) {
    lines.push(paint('bold', 'Artifacts', out));
    for (const artifact of artifacts)
      lines.push(
        `  ${plain(artifact.name)}  ${bytes(artifact.bytes)}  ${artifact.digest.slice(0, 23)}…`,
      );
    lines.push(`  npx rodex artifacts ${summary.runId} --out FOLDER saves them`, '');
  }
  const good = summary.status === 'succeeded';
  lines.push(
    `${paint(good ? 'green' : 'red', summary.status, out)}  ${summary.runId}  ${duration(ms.total)} (planning ${duration(ms.planning)}, acting ${duration(ms.acting)}, observing ${duration(ms.observing)})`,
    `${summary.turns} turns, ${summary.steps} steps, ${summary.modelCalls} model calls, ${tokens.prompt} prompt tokens (${tokens.cached} cached), ${tokens.output} output tokens`,
    ...gateLines(summary, out),
    `log: ${audit.verified ? paint('green', `${audit.entries} entries, every one verified`, out) : paint('red', 'DAMAGED: see rodex audit verify', out)}`,
  );
  out.write(`${lines.join('\n')}\n`);
  if (summary.error)
    err.write(`${paint('red', summary.error.code, err)}: ${summary.error.message}\n`);
  if (summary.waitingFor)
    err.write(
      `${paint('yellow', summary.status, err)}: ${plain(summary.waitingFor.question, 600)}\n${hint(summary)}\n`,
    );
}

/** Which level, and what left that could have changed something. */
function gateLines({ gate }: RunSummary, out: NodeJS.WriteStream): string[] {
  if (gate.passed + gate.failed === 0) return [];
  const shown = gate.endpoints
    .slice(0, 5)
    .map(
      ({ request, by, count }) =>
        `  ${plain(request, 120)}${count > 1 ? ` ×${count}` : ''}  (${by})`,
    );
  const rest = gate.endpoints.length - shown.length;
  return [
    `level ${gate.level}: ${gate.passed} unsafe requests left, ${gate.failed > 0 ? paint('yellow', `${gate.failed} did not`, out) : 'none was held back'}`,
    ...shown,
    ...(rest > 0 ? [`  and ${rest} other endpoints`] : []),
  ];
}

function hint({ waitingFor, runId }: RunSummary): string {
  const command = `npx rodex answer ${runId}`;
  if (waitingFor?.kind === 'approval')
    return `  npx rodex approve ${runId}   or   npx rodex deny ${runId}   (then npx rodex watch ${runId}); to allow it from the start: --allow-commit "${waitingFor.commitName ?? ''}"`;
  if (waitingFor?.kind === 'uncertain')
    return `  ${command} acted   or   ${command} not-acted   (then npx rodex watch ${runId})`;
  if (waitingFor?.kind === 'take-over') return `  npx rodex take-over ${runId}`;
  if (waitingFor?.kind === 'secret')
    return `  ${command}   (asks for it, hidden; then npx rodex watch ${runId})`;
  return `  ${command} "TEXT"   (then npx rodex watch ${runId})`;
}
