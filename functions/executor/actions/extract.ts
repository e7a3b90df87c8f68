import type { ActionOf } from '../../../shared/contracts/action.ts';
import type { FrameRecord } from '../browser/frame-record.ts';
import type { Fingerprint } from '../observe/agent.ts';
import { classifyClick } from '../../../shared/policy/effect-class.ts';
import { inspectClick } from './inspect.ts';
import { placeOf, pressAt } from './pointer.ts';
import { kept, typedRows } from './rows.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

const MAX_ROWS = 20_000;

interface NextControl {
  print?: Fingerprint;
  frame?: FrameRecord;
}

type Rows = { problem: string } | { rows: (string | null)[][]; headers: string[] };

/** Rows of typed values without a model, through as many pages as `next` leads to. */
export async function extract(step: Step, action: ActionOf<'extract'>): Promise<StepResult> {
  if (action.keep && !action.fields.some((field) => field.name === action.keep?.field))
    throw new StepStop(
      'refused',
      'invalid_request',
      `keep names the field "${action.keep.field}", which is not among the fields`,
    );
  const target = action.target === undefined ? undefined : await step.resolve(action.target);
  const rows: (string | null)[][] = [];
  const pages = new Set<string>();
  const seen: NextControl = {};
  for (let page = 0; page < action.maxPages; page += 1) {
    const raw = await rowsOf(step, action, target).catch((error: unknown) => {
      if (page > 0 && target) return rowsOf(step, action, undefined);
      throw error;
    });
    const print = JSON.stringify(raw.rows);
    if (pages.has(print)) break;
    pages.add(print);
    rows.push(...raw.rows);
    if (action.next === undefined || rows.length >= MAX_ROWS || page + 1 >= action.maxPages) break;
    if (!(await turnPage(step, action.next, seen))) break;
  }
  const values = typedRows(rows.slice(0, MAX_ROWS), action.fields);
  return { data: kept(values, action.keep), looked: pages.size < 2 };
}

async function rowsOf(
  step: Step,
  action: ActionOf<'extract'>,
  target: Resolved | undefined,
): Promise<Exclude<Rows, { problem: string }>> {
  const { frames } = step.tab();
  const where = target ?? { frame: frames.main, ref: 0 };
  const args = [action.rows ?? null, action.fields] as const;
  let found = await step.call<Rows>(where, 'rows', target ? target.ref : null, ...args);
  if ('problem' in found && !target)
    for (const frame of await frames.list()) {
      if (frame.number === 0 || frame.owner === undefined || !('problem' in found)) continue;
      const inner = await frames.call<Rows>(frame, 'rows', [null, ...args]).catch(() => undefined);
      if (inner && !('problem' in inner)) found = inner;
    }
  if ('problem' in found) throw new StepStop('failed', 'action_failed', found.problem);
  return found;
}

/** Follows `next`, known by its role and name when pages are documents of their own; false when there is no further page. */
async function turnPage(step: Step, next: string, seen: NextControl): Promise<boolean> {
  let control: Resolved;
  if (seen.print === undefined) {
    control = await step.resolve(next);
    if (!control.point) seen.print = await step.call<Fingerprint>(control, 'printOf', control.ref);
    seen.frame = control.frame;
  } else {
    const { frames } = step.tab();
    const frame =
      seen.frame && (await frames.list()).includes(seen.frame) ? seen.frame : frames.main;
    const ref = await frames.call<number | null>(frame, 'findLike', [seen.print]);
    if (ref === null) return false;
    control = { frame, ref };
  }
  const facts = await inspectClick(step.tab(), control, step.digest);
  if (facts.disabled) return false;
  const { effect, reason } = classifyClick(facts);
  if (effect === 'commit')
    throw new StepStop(
      'refused',
      'action_refused',
      `"${facts.name}" is no way to a next page: ${reason}`,
    );
  await pressAt(step, await placeOf(step, control));
  await step.settle(control);
  return !step.tab().dialog;
}
