import { AppError } from '../../shared/core/errors.ts';
import { readConversation } from '../planner/offline/conversation.ts';
import { promptUsage } from '../planner/offline/offline-server.ts';
import { runToEnd, withPlatform, wrapSessions } from './bench-platform.ts';
import { startLongPage } from './long-page.ts';

const TURNS = 20;

export interface PromptCost {
  /** For each request but the first, the share of its bytes that repeats the one before from the start. */
  readonly shares: readonly number[];
  readonly promptTokens: number;
}

function commonPrefix(left: Buffer, right: Buffer): number {
  const length = Math.min(left.length, right.length);
  let index = 0;
  while (index < length && left[index] === right[index]) index += 1;
  return index;
}

/** Twenty turns within one document, one step each. `full` sends a snapshot of the page in every turn, `unstable` a prefix that changes. */
export async function promptCost(options: {
  full: boolean;
  unstable: boolean;
}): Promise<PromptCost> {
  const site = await startLongPage();
  const requests: Buffer[] = [];
  let promptTokens = 0;
  try {
    await withPlatform(
      {
        calls: (body) => {
          const conversation = readConversation(body.contents);
          if (!conversation) throw new AppError('internal', 'the prompt was not understood');
          const salt = options.unstable ? `${requests.length}` : '';
          requests.push(
            Buffer.from(salt + JSON.stringify([body.systemInstruction, body.contents])),
          );
          promptTokens += promptUsage(body).promptTokenCount;
          const { planEpoch, page } = conversation;
          if (planEpoch >= TURNS)
            return { plan: { steps: [{ action: 'finish', status: 'success', summary: 'done' }] } };
          const field = page.lines
            .flatMap((line) => line.units)
            .find((unit) => unit.name === `Field ${planEpoch}`);
          if (!field) throw new AppError('internal', `the page shows no "Field ${planEpoch}"`);
          const step = { action: 'type', target: field.ref, text: `value ${planEpoch}` };
          return { plan: { thought: 'one field at a time', steps: [step] } };
        },
      },
      (pool) =>
        options.full
          ? wrapSessions(pool, (session) => ({
              observe: async (how) => session.observe({ ...how, kind: 'full' }),
            }))
          : pool,
      async (here) => runToEnd(here, site.origin),
    );
  } finally {
    await site.close();
  }
  const shares = requests
    .slice(1)
    .map((request, index) => commonPrefix(request, requests[index] as Buffer) / request.length);
  return { shares, promptTokens };
}
