import { AppError } from '../../../shared/core/errors.ts';
import { describeRequest } from '../describe-request.ts';
import { withClient, type CommandContext } from '../session.ts';
import { paint, plain } from '../terminal-text.ts';

/** What waits for a yes or a no, with the facts. */
export async function approvalsCommand(context: CommandContext): Promise<number> {
  const { out } = context;
  return withClient(context, async (client) => {
    const { runs } = await client.runs({ status: 'waiting_human', limit: 200 });
    const waiting = runs.filter((run) => run.waitingFor?.kind === 'approval');
    if (context.json)
      out.write(
        `${JSON.stringify(waiting.map(({ runId, goal, requestedBy, waitingFor }) => ({ runId, goal, requestedBy, ...waitingFor })))}\n`,
      );
    else if (waiting.length === 0) out.write('nothing waits for an approval\n');
    else
      for (const { runId, goal, waitingFor } of waiting) {
        if (!waitingFor) continue;
        const lines = [
          `${paint('bold', runId, out)}  ${plain(goal, 80)}`,
          `  ${plain(waitingFor.question, 400)}`,
          ...describeRequest(waitingFor).map((line) => `  ${line}`),
          `  until ${waitingFor.expiresAt.slice(0, 16).replace('T', ' ')}: npx rodex approve ${runId}   or   npx rodex deny ${runId}`,
        ];
        out.write(`${lines.join('\n')}\n\n`);
      }
    return 0;
  });
}

async function decide(
  context: CommandContext,
  runId: string,
  answer: 'approve' | 'deny',
  requestId: string | undefined,
): Promise<number> {
  return withClient(context, async (client) => {
    const { waitingFor } = await client.run(runId);
    if (waitingFor?.kind !== 'approval')
      throw new AppError(
        'conflict',
        waitingFor
          ? `run ${runId} asks something else: npx rodex answer ${runId} TEXT`
          : `run ${runId} does not wait for an approval`,
      );
    if (requestId !== undefined && requestId !== waitingFor.requestId)
      throw new AppError(
        'conflict',
        `run ${runId} asks something else by now (${waitingFor.requestId}); npx rodex approvals shows it`,
      );
    const run = await client.answer(runId, waitingFor.requestId, answer);
    if (context.json)
      context.out.write(`${JSON.stringify({ runId, status: run.status, answer })}\n`);
    else
      context.out.write(
        `${answer === 'approve' ? 'approved' : 'denied'}; npx rodex watch ${runId} goes on with it\n`,
      );
    return 0;
  });
}

export const approveCommand = async (
  context: CommandContext,
  runId: string,
  options: { request?: string },
): Promise<number> => decide(context, runId, 'approve', options.request);

export const denyCommand = async (
  context: CommandContext,
  runId: string,
  options: { request?: string },
): Promise<number> => decide(context, runId, 'deny', options.request);
