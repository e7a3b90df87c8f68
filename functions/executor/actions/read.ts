import type { ActionOf } from '../../../shared/contracts/action.ts';
import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

const MAX_TEXT = 200_000;
const MAX_ROWS = 20_000;
const PAGE = 50;

type Json = OutcomeInput['data'];

export async function read(step: Step, action: ActionOf<'read'>): Promise<StepResult> {
  const tab = step.tab();
  const target = action.target === undefined ? undefined : await step.resolve(action.target);
  if (action.as === 'value' && !target)
    throw new StepStop('refused', 'invalid_request', 'reading a value needs a target');
  if (!target && action.as === 'text') {
    const frames = (await tab.frames.list()).filter(
      (frame) => frame.number === 0 || frame.owner !== undefined,
    );
    const texts = await Promise.all(
      frames.map((frame) => tab.frames.call<string>(frame, 'read', [null, 'text']).catch(() => '')),
    );
    return { data: cut(texts.filter(Boolean).join('\n')), looked: true };
  }
  const where: Resolved = target ?? { frame: tab.frames.main, ref: 0 };
  let data = await step.call<Json | null>(where, 'read', target ? target.ref : null, action.as);
  if (data === null && !target) data = await inFrames(step, action.as);
  if (data === null)
    throw new StepStop(
      'failed',
      'action_failed',
      'there is no table there; read it as text, or extract with rows as a selector',
    );
  if (Array.isArray(data) && data.length > MAX_ROWS) data = data.slice(0, MAX_ROWS);
  return {
    data: typeof data === 'string' ? cut(data) : data,
    looked: true,
    ...(target && { target }),
  };
}

async function inFrames(step: Step, as: string): Promise<Json | null> {
  for (const frame of await step.tab().frames.list()) {
    if (frame.number === 0 || frame.owner === undefined) continue;
    const data = await step
      .tab()
      .frames.call<Json | null>(frame, 'read', [null, as])
      .catch(() => null);
    if (data !== null) return data;
  }
  return null;
}

const cut = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;

interface Found {
  total: number;
  hits: string[];
}

export async function find(step: Step, action: ActionOf<'find'>): Promise<StepResult> {
  const tab = step.tab();
  if (action.text === undefined && action.role === undefined)
    throw new StepStop('refused', 'invalid_request', 'find needs a text or a role');
  const units: string[] = [];
  let total = 0;
  for (const frame of await tab.frames.list()) {
    if (frame.number !== 0 && frame.owner === undefined) continue;
    const prefix = frame.number === 0 ? '' : `f${frame.number}`;
    const options = {
      text: action.text,
      role: action.role,
      page: action.page,
      masks: step.masks,
      prefix,
      skip: total,
    };
    const found = await tab.frames.call<Found>(frame, 'find', [options]).catch(() => undefined);
    units.push(...(found?.hits ?? []));
    total += found?.total ?? 0;
  }
  return {
    data: { total, page: action.page, pages: Math.max(1, Math.ceil(total / PAGE)), units },
    looked: true,
  };
}
