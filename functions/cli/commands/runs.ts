import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../../shared/core/errors.ts';
import { Progress } from '../progress.ts';
import { printSummary } from '../print-summary.ts';
import { summarise } from '../run-summary.ts';
import { runningPlatform, withClient, type CommandContext } from '../session.ts';
import { reasonsOf, termsOf } from '../story.ts';
import { askedSecret } from '../../../shared/runs/asked-secret.ts';
import { readHidden } from '../read-hidden.ts';
import { paint, plain } from '../terminal-text.ts';

export async function runsCommand(
  context: CommandContext,
  options: { status?: string; limit?: number },
): Promise<number> {
  const { out } = context;
  return withClient(context, async (client) => {
    const { runs } = await client.runs({
      limit: options.limit ?? 20,
      ...(options.status !== undefined && { status: options.status }),
    });
    if (context.json) out.write(`${JSON.stringify(runs)}\n`);
    else if (runs.length === 0)
      out.write('no runs yet: start one with npx rodex run "GOAL" --url URL\n');
    else
      for (const run of runs)
        out.write(
          `${run.runId}  ${run.createdAt.slice(0, 19).replace('T', ' ')}  ${run.status.padEnd(13)} ${String(run.steps).padStart(4)} steps  ${plain(run.goal, 70)}\n`,
        );
    return 0;
  });
}

/** A run as a story: every decision, from the log alone. */
export async function showCommand(context: CommandContext, runId: string): Promise<number> {
  return withClient(context, async (client) => {
    const entries = await client.log(runId);
    if (context.json) {
      context.out.write(`${JSON.stringify({ run: await client.run(runId), log: entries })}\n`);
      return 0;
    }
    const progress = new Progress(context.out);
    const { goal, contract } = await client.run(runId);
    context.out.write(
      `${paint('bold', 'Goal', context.out)}\n${goal
        .split('\n')
        .map((line) => `  ${plain(line, 400)}`)
        .join('\n')}\n\n${paint('bold', 'Terms', context.out)}\n${termsOf(contract)
        .map((line) => `  ${line}`)
        .join('\n')}\n\n`,
    );
    // A step is shown with its outcome; why it was allowed stands below it.
    let grounds: string[] = [];
    for (const entry of entries) {
      progress.show({ type: 'entry', entry });
      const told = [...grounds, ...reasonsOf(entry)];
      grounds = entry.event.type === 'step.intent' ? told : [];
      if (grounds.length === 0)
        for (const reason of told) progress.note(`${' '.repeat(20)}${reason}`);
    }
    await printSummary(context, client, await summarise(client, runId));
    return 0;
  });
}

export async function cancelCommand(
  context: CommandContext,
  runId: string,
  options: { reason?: string },
): Promise<number> {
  return withClient(context, async (client) => {
    await client.cancel(runId, options.reason ?? '');
    for await (const event of client.events(runId, { signal: context.signal }))
      if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
    const run = await client.run(runId);
    if (context.json) context.out.write(`${JSON.stringify({ runId, status: run.status })}\n`);
    else context.out.write(`${runId} ${run.status}\n`);
    return 0;
  });
}

/** The run is let go of at its next safe point, and stays so for any time. */
export async function pauseCommand(
  context: CommandContext,
  runId: string,
  options: { reason?: string },
): Promise<number> {
  return withClient(context, async (client) => {
    const { status } = await client.pause(runId, options.reason ?? '');
    if (context.json) context.out.write(`${JSON.stringify({ runId, status })}\n`);
    else context.out.write(`${runId} ${status}; npx rodex resume ${runId} lets it go on\n`);
    return 0;
  });
}

export async function resumeCommand(context: CommandContext, runId: string): Promise<number> {
  return withClient(context, async (client) => {
    const { status } = await client.resume(runId);
    if (context.json) context.out.write(`${JSON.stringify({ runId, status })}\n`);
    else context.out.write(`resumed; npx rodex watch ${runId} goes on with it\n`);
    return 0;
  });
}

/** Lists what a run produced, or saves it: names are safe single file names, nothing is overwritten. */
export async function artifactsCommand(
  context: CommandContext,
  runId: string,
  options: { out?: string },
): Promise<number> {
  const { out } = context;
  return withClient(context, async (client) => {
    const artifacts = await client.artifacts(runId);
    if (options.out !== undefined) {
      mkdirSync(options.out, { recursive: true });
      for (const { name } of artifacts) {
        const file = join(options.out, name);
        writeFileSync(file, await client.artifact(runId, name), { flag: 'wx' });
        if (!context.json) out.write(`${file}\n`);
      }
    } else if (!context.json)
      for (const { name, bytes, digest } of artifacts)
        out.write(`${plain(name).padEnd(40)} ${String(bytes).padStart(10)}  ${digest}\n`);
    if (context.json) out.write(`${JSON.stringify(artifacts)}\n`);
    return 0;
  });
}

export async function answerCommand(
  context: CommandContext,
  runId: string,
  given: string | undefined,
): Promise<number> {
  return withClient(context, async (client) => {
    const { waitingFor } = await client.run(runId);
    if (!waitingFor) throw new AppError('conflict', `run ${runId} does not wait for anybody`);
    const asked = askedSecret(waitingFor);
    if (asked && given !== undefined)
      throw new AppError(
        'invalid_request',
        'answer: an argument is seen by every process of the machine; leave it out, and type it at the prompt or pipe it in',
      );
    if (!asked && given === undefined)
      throw new AppError(
        'invalid_request',
        `answer: give one; the run asks: ${waitingFor.question}`,
      );
    const site = plain(asked?.origin ?? '');
    const answer = given ?? (await readHidden(`to be typed at ${site} only (hidden): `));
    const run = await client.answer(runId, waitingFor.requestId, answer);
    if (context.json) context.out.write(`${JSON.stringify({ runId, status: run.status })}\n`);
    else context.out.write(`answered; npx rodex watch ${runId} goes on with it\n`);
    return 0;
  });
}

/** Where a person uses the browser of a run that asks for their hands. */
export async function takeOverCommand(context: CommandContext, runId: string): Promise<number> {
  const running = runningPlatform(context);
  if (!running)
    throw new AppError('conflict', 'no platform runs that could show a page; start one: npm start');
  const { waitingFor } = await running.client.run(runId);
  if (waitingFor?.kind !== 'take-over')
    throw new AppError('conflict', `run ${runId} does not ask for a person's hands`);
  const page = `${running.url}/take-over#run=${runId}`;
  if (context.json) context.out.write(`${JSON.stringify({ runId, page })}\n`);
  else
    context.out.write(
      `${plain(waitingFor.question, 400)}\n\n  open ${page}\n  and give it your API key\n`,
    );
  return 0;
}
