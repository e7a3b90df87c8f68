import { createInterface } from 'node:readline/promises';

import type { Client } from '../../shared/client/client.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { HumanRequest } from '../../shared/contracts/run.ts';
import { readHidden } from './read-hidden.ts';
import type { Progress } from './progress.ts';

export interface FollowOptions {
  readonly progress?: Progress;
  /** A person is at the terminal and may be asked. */
  readonly interactive: boolean;
  /** Ends the following, not the run. */
  readonly signal: AbortSignal;
}

async function askPerson(request: HumanRequest, signal: AbortSignal): Promise<string> {
  if (request.kind === 'secret') return readHidden(' (hidden) > ');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const hint = request.choices ? ` [${request.choices.join('/')}]` : '';
    for (;;) {
      const said = (await terminal.question(`${hint} > `, { signal })).trim();
      const match = request.choices?.find(
        (choice) => choice === said || (said !== '' && choice.startsWith(said.toLowerCase())),
      );
      if (request.choices ? match !== undefined : said !== '') return match ?? said;
    }
  } finally {
    terminal.close();
  }
}

/** Shows a run until it ends, or until it waits for a person and nobody is at the terminal. */
export async function followRun(
  client: Client,
  runId: string,
  options: FollowOptions,
): Promise<void> {
  for await (const event of client.events(runId, { signal: options.signal })) {
    options.progress?.show(event);
    if (event.type !== 'entry' || event.entry.event.type !== 'human.requested') continue;
    const { request } = event.entry.event;
    // The entry may be history: only what the run waits for now is asked.
    if ((await client.run(runId)).waitingFor?.requestId !== request.requestId) continue;
    if (!options.interactive) return;
    const answer = await askPerson(request, options.signal);
    await client.answer(runId, request.requestId, answer).catch((error: unknown) => {
      // Somebody else answered meanwhile: the run goes on with that.
      if (!AppError.is(error, 'conflict')) throw error;
    });
  }
}
