import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import type { ScheduleView, SetScheduleRequest } from '../../../shared/contracts/schedule.ts';
import { SetScheduleRequest as ScheduleRequest } from '../../../shared/contracts/schedule.ts';
import { CreateTemplateRequest, type TaskTemplate } from '../../../shared/contracts/template.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Client } from '../../../shared/client/client.ts';
import { exitStatusOf } from '../run-summary.ts';
import { printSummary } from '../print-summary.ts';
import { withClient, type CommandContext } from '../session.ts';
import { plain } from '../terminal-text.ts';
import { allOf } from './keys.ts';
import { readInputs, startAndFollow } from './run.ts';

type Given = Record<string, string | number | boolean>;

/** Inputs as the template types them: `--input limit=10` is a number where the template says so. */
export function typedInputs(
  template: Pick<TaskTemplate, 'inputs'>,
  pairs: readonly string[],
): Given {
  return Object.fromEntries(
    Object.entries(readInputs(pairs)).map(([name, value]) => {
      const type = template.inputs[name]?.type;
      if (type === 'number' && value.trim() !== '' && Number.isFinite(Number(value)))
        return [name, Number(value)];
      if (type === 'boolean' && (value === 'true' || value === 'false'))
        return [name, value === 'true'];
      return [name, value];
    }),
  );
}

export async function templatesListCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const all = await allOf('templates', async (page) => client.templates(page));
    if (context.json) context.out.write(`${JSON.stringify(all)}\n`);
    else
      for (const { name, version, retiredAt, inputs, description } of all)
        context.out.write(
          `${`${name}@${version}`.padEnd(28)} ${retiredAt === undefined ? '       ' : 'retired'}  ${Object.keys(inputs).join(', ').padEnd(24)}  ${plain(description, 60)}\n`,
        );
    return 0;
  });
}

export async function templatesCreateCommand(
  context: CommandContext,
  file: string,
): Promise<number> {
  const source = file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new AppError('invalid_request', `${file} is no JSON: ${AppError.from(error).message}`, {
      cause: error,
    });
  }
  const request = CreateTemplateRequest.safeParse(value);
  if (!request.success) {
    const [issue] = request.error.issues;
    throw new AppError(
      'invalid_request',
      `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no template'}`,
    );
  }
  return withClient(context, async (client) => {
    const template = await client.createTemplate(request.data);
    if (context.json) context.out.write(`${JSON.stringify(template)}\n`);
    else context.out.write(`${template.name}@${template.version}\n`);
    return 0;
  });
}

export async function templatesRetireCommand(
  context: CommandContext,
  ref: string,
): Promise<number> {
  return withClient(context, async (client) => {
    const template = await client.retireTemplate(ref);
    if (context.json) context.out.write(`${JSON.stringify(template)}\n`);
    else context.err.write(`${ref} starts no more runs\n`);
    return 0;
  });
}

export async function templatesRunCommand(
  context: CommandContext,
  ref: string,
  options: { input?: readonly string[] },
): Promise<number> {
  return withClient(context, async (client) => {
    const inputs = typedInputs(await client.template(ref), options.input ?? []);
    const summary = await startAndFollow(context, client, { template: ref, inputs });
    await printSummary(context, client, summary);
    return exitStatusOf(summary);
  });
}

export async function schedulesListCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const all = await allOf('schedules', async (page) => client.schedules(page));
    if (context.json) context.out.write(`${JSON.stringify(all)}\n`);
    else
      for (const { name, cron, timeZone, paused, nextAt, lastError } of all)
        context.out.write(
          `${name.padEnd(24)} ${cron.padEnd(16)} ${timeZone.padEnd(20)} ${paused ? 'paused' : (nextAt?.slice(0, 16) ?? '')}${lastError ? `  last: ${lastError.code}` : ''}\n`,
        );
    return 0;
  });
}

function printSchedule(context: CommandContext, view: ScheduleView): number {
  const { schedule, next } = view;
  if (context.json) context.out.write(`${JSON.stringify(view)}\n`);
  else {
    context.out.write(
      `${schedule.name}  ${schedule.cron}  ${schedule.timeZone}  catch-up ${schedule.catchUp}${schedule.paused ? '  paused' : ''}\n`,
    );
    for (const at of next) context.out.write(`  ${at.slice(0, 16).replace('T', ' ')} UTC\n`);
  }
  return 0;
}

export async function schedulesSetCommand(
  context: CommandContext,
  name: string,
  cron: string,
  options: { template: string; zone?: string; input?: readonly string[]; catchUp?: string },
): Promise<number> {
  return withClient(context, async (client) => {
    const template = await client.template(options.template);
    const asked: unknown = {
      cron,
      run: { template: options.template, inputs: typedInputs(template, options.input ?? []) },
      ...(options.zone !== undefined && { timeZone: options.zone }),
      ...(options.catchUp !== undefined && { catchUp: options.catchUp }),
    };
    const request = ScheduleRequest.safeParse(asked);
    if (!request.success) {
      const [issue] = request.error.issues;
      throw new AppError(
        'invalid_request',
        `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
      );
    }
    const data: SetScheduleRequest = request.data;
    return printSchedule(context, await client.setSchedule(name, data));
  });
}

const paused =
  (pause: boolean) =>
  async (context: CommandContext, name: string): Promise<number> =>
    withClient(context, async (client: Client) =>
      printSchedule(context, await client.pauseSchedule(name, pause)),
    );

export const scheduleCommands = {
  show: async (context: CommandContext, name: string): Promise<number> =>
    withClient(context, async (client) => printSchedule(context, await client.schedule(name))),
  pause: paused(true),
  resume: paused(false),
  rm: async (context: CommandContext, name: string): Promise<number> =>
    withClient(context, async (client) => {
      await client.removeSchedule(name);
      if (context.json) context.out.write(`${JSON.stringify({ name, removed: true })}\n`);
      else context.err.write(`${name} is gone\n`);
      return 0;
    }),
} as const;
