import type { LogEventOf } from '../contracts/log-entry.ts';
import type { Run } from '../contracts/run.ts';
import { digestOfJson } from '../core/digest.ts';

const TIMES = 5;

/** What is done, whatever it was said to be for. Waiting is no such action: time is what it is for. Nor is what the session does by itself. */
export function actionKeyOf({ stepId, action }: LogEventOf<'step.intent'>): { actionKey?: string } {
  if (action.action === 'wait' || stepId.endsWith('-0')) return {};
  const { why: _why, expect: _expect, ...what } = action;
  return { actionKey: digestOfJson(what).slice(0, 23) };
}

/** One more action was done. */
export function countRepetition(
  before: Run['sameAction'],
  key: string | undefined,
): Pick<Run, 'sameAction'> {
  if (key === undefined) return {};
  if (!before) return { sameAction: { key, times: 1, mixed: false, told: false } };
  return {
    sameAction: {
      ...before,
      key,
      times: before.times + 1,
      mixed: before.mixed || key !== before.key,
    },
  };
}

/** A turn was opened on a page: what changed it, and what was not the same, starts the count anew. */
export function forgetRepetition(run: Run, event: LogEventOf<'turn.opened'>): Run {
  const { sameAction, ...rest } = run;
  if (!sameAction || sameAction.mixed || event.unchanged !== true) return rest;
  if (event.toldOfRepetition !== true) return run;
  return { ...run, sameAction: { ...sameAction, told: true, times: TIMES } };
}

/**
 * What to do about it before the next turn: after five times without a change the planner is told; when it does the same once more,
 * and still nothing changes, the run should stop.
 */
export function judgeRepetition(
  { sameAction }: Pick<Run, 'sameAction'>,
  unchanged: boolean,
): 'go-on' | 'tell' | 'stop' {
  if (!sameAction || sameAction.mixed || !unchanged || sameAction.times < TIMES) return 'go-on';
  if (sameAction.told) return sameAction.times > TIMES ? 'stop' : 'go-on';
  return 'tell';
}
