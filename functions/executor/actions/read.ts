import type { ActionOf } from '../../../shared/contracts/action.ts';
import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { readArtifact } from './read-artifact.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

const MAX_TEXT = 200_000;
const MAX_ROWS = 20_000;
const PAGE = 50;

type Json = OutcomeInput['data'];

export async function read(step: Step, action: ActionOf<'read'>): Promise<StepResult> {
  if (action.artifact !== undefined) return readArtifact(step, action.artifact, action.as);
  const tab = step.tab();
  const target = action.target === undefined ? undefined : await step.resolve(action.target);
  if (action.as === 'markdown' || action.as === 'geometry') return drawn(step, action.as, target);
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

/** Markdown or geometry of the target, or of the page with its frames. */
async function drawn(
  step: Step,
  as: 'markdown' | 'geometry',
  target: Resolved | undefined,
): Promise<StepResult> {
  if (target) {
    const data = await step.call<Json>(target, as, target.ref);
    return { data: data ?? '', looked: true, target };
  }
  const { frames } = step.tab();
  const shown = (await frames.list()).filter((frame) => frame.number === 0 || frame.owner);
  const parts = await Promise.all(
    shown.map((frame) => frames.call<Json>(frame, as, [null]).catch(() => undefined)),
  );
  const texts = parts.flatMap((part) => (typeof part === 'string' && part !== '' ? [part] : []));
  const boxes = parts.flatMap((part) => (Array.isArray(part) ? part : []));
  return { data: as === 'markdown' ? cut(texts.join('\n\n')) : boxes, looked: true };
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
  const { region: within, matches } = action;
  if ((action.text ?? action.role ?? matches ?? within) === undefined)
    throw new StepStop('refused', 'invalid_request', 'find needs a text, a role or a region');
  if (matches !== undefined) {
    try {
      RegExp(matches, 'iu');
    } catch (error) {
      throw new StepStop('refused', 'invalid_request', `matches: ${(error as Error).message}`);
    }
  }
  const region = within === undefined ? undefined : await step.resolve(within);
  if (region) await step.call(region, 'check', region.ref);
  const units: string[] = [];
  let total = 0;
  for (const frame of await tab.frames.list()) {
    if (frame.number !== 0 && frame.owner === undefined) continue;
    if (region && region.frame !== frame) continue;
    const prefix = frame.number === 0 ? '' : `f${frame.number}`;
    const options = {
      text: action.text,
      role: action.role,
      matches,
      region: region?.ref,
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
