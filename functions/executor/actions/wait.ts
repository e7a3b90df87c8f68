import type { ActionOf, Expect } from '../../../shared/contracts/action.ts';
import { DocumentGone } from '../browser/frame-record.ts';
import { parseNumber } from './amounts.ts';
import { fold, urlFits } from './expectation.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

/** True as soon as any frame shows the text (or no frame does any more), also across a change of document. */
export async function shows(step: Step, text: string, gone: boolean, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  for (;;) {
    const tab = step.tab();
    if (tab.dialog || step.signal?.aborted) return false;
    try {
      const frames = await tab.frames.list();
      const shown = frames.filter((frame) => frame.number === 0 || frame.owner !== undefined);
      const longest = Math.min(
        shown.length > 1 ? 100 : 1_000,
        Math.max(0, until - performance.now()),
      );
      const ask = (number: number): object => ({
        text,
        gone,
        maxMs: number === 0 ? longest : 0,
        masks: step.masks,
      });
      const work = Promise.all(
        shown.map((frame) => tab.frames.call<boolean>(frame, 'waitText', [ask(frame.number)])),
      );
      const answers = await tab.orDialog(work);
      if (!answers) return false;
      if (gone ? answers.every(Boolean) : answers.some(Boolean)) return true;
    } catch (error) {
      if (!(error instanceof DocumentGone)) throw error;
      await tab.until(() => !tab.navigating && tab.domReady, 500, step.signal);
    }
    if (performance.now() >= until) return false;
  }
}

async function idle(step: Step, ms: number): Promise<boolean> {
  const tab = step.tab();
  const until = performance.now() + ms;
  while (performance.now() < until && !step.signal?.aborted) {
    if (
      !(await tab.until(
        () => tab.traffic.isIdle && tab.domReady,
        until - performance.now(),
        step.signal,
      ))
    )
      return false;
    const still = await step
      .call<boolean>(
        { frame: tab.frames.main, ref: 0 },
        'still',
        300,
        Math.max(0, until - performance.now()),
      )
      .catch(() => false);
    if (still && tab.traffic.isIdle) return true;
  }
  return false;
}

/** What the text of the target has to satisfy. */
function judgeOf(
  action: ActionOf<'wait'>,
): { holds: (text: string) => boolean; words: string } | undefined {
  const { target, matches, compare, number } = action;
  const refuse = (why: string): StepStop => new StepStop('refused', 'invalid_request', why);
  if (matches === undefined && compare === undefined) return undefined;
  if (target === undefined) throw refuse('waiting for a value needs a target');
  if (compare !== undefined && number === undefined)
    throw refuse('compare needs a number to compare with');
  let pattern: RegExp | undefined;
  try {
    pattern = matches === undefined ? undefined : new RegExp(matches, 'iu');
  } catch (error) {
    throw refuse(`matches: ${(error as Error).message}`);
  }
  const wanted = number ?? 0;
  return {
    words: `the target to ${[matches && `match ${matches}`, compare && `be ${compare} ${wanted}`].filter(Boolean).join(' and ')}`,
    holds: (text) => {
      if (pattern && !pattern.test(text.slice(0, 10_000))) return false;
      if (compare === undefined) return true;
      const value = parseNumber(text);
      return value !== undefined && COMPARE[compare](value, wanted);
    },
  };
}

const COMPARE: Readonly<
  Record<NonNullable<ActionOf<'wait'>['compare']>, (left: number, right: number) => boolean>
> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>=': (left, right) => left >= right,
  '>': (left, right) => left > right,
};

async function targetHolds(
  step: Step,
  name: string,
  holds: (text: string) => boolean,
  ms: number,
): Promise<boolean> {
  const until = performance.now() + ms;
  const target = await step.resolve(name);
  // Its text is what is expected to change, so it is no sign of another element.
  target.unchecked = undefined;
  for (let last: string | null = null; ;) {
    const left = Math.max(0, until - performance.now());
    last = await step.call<string>(target, 'nextValue', target.ref, last, Math.min(left, 1_000));
    if (holds(last)) return true;
    if (performance.now() >= until || step.signal?.aborted) return false;
  }
}

export async function wait(step: Step, action: ActionOf<'wait'>): Promise<StepResult> {
  const judged = judgeOf(action);
  const named = action.text ?? action.gone ?? action.url ?? action.idle ?? judged?.words;
  const deadline = (): number =>
    action.ms !== undefined && named !== undefined ? Math.min(action.ms, step.left()) : step.left();
  const { url } = action;
  const fail = (what: string): never => {
    throw new StepStop('timeout', 'action_timeout', `waited in vain for ${what}`);
  };
  if (named === undefined) {
    const tab = step.tab();
    await tab.until(() => false, Math.min(action.ms ?? 0, step.left()), step.signal);
    return { looked: true };
  }
  if (
    url !== undefined &&
    !(await step.tab().until(() => urlFits(step.tab().page.url(), url), deadline(), step.signal))
  )
    fail(`the address ${url}`);
  if (action.text !== undefined && !(await shows(step, action.text, false, deadline())))
    fail(`the text "${action.text}"`);
  if (action.gone !== undefined && !(await shows(step, action.gone, true, deadline())))
    fail(`the text "${action.gone}" to go`);
  if (
    judged &&
    action.target !== undefined &&
    !(await targetHolds(step, action.target, judged.holds, deadline()))
  )
    fail(judged.words);
  if (action.idle && !(await idle(step, deadline()))) fail('the page to come to rest');
  return { looked: true };
}

/** Checks what should hold after acting; gives the first condition that did not come to hold, in words. */
export async function unmet(
  step: Step,
  expect: Expect,
  target: Resolved | undefined,
  downloads: number,
  ms: number,
): Promise<string | undefined> {
  const until = performance.now() + ms;
  const left = (): number => Math.max(0, until - performance.now());
  const { url, text, gone, value } = expect;
  if (
    url !== undefined &&
    !(await step.tab().until(() => urlFits(step.tab().page.url(), url), left(), step.signal))
  )
    return `the address fits ${url} (it is ${step.tab().page.url()})`;
  if (text !== undefined && !(await shows(step, text, false, left())))
    return `the text "${text}" is shown`;
  if (gone !== undefined && !(await shows(step, gone, true, left())))
    return `the text "${gone}" is gone`;
  if (value !== undefined) {
    if (!target) return 'the step has a target whose value could be compared';
    const wanted = fold((await step.host.resolveText(value).catch(() => ({ text: value }))).text);
    for (;;) {
      const now = await step.call<string>(target, 'fieldValue', target.ref).catch(() => undefined);
      if (now !== undefined && fold(now) === wanted) break;
      if (left() === 0) return `the value is "${value}"`;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
  if (
    expect.download &&
    !(await step
      .tab()
      .until(
        () =>
          step.tab().downloads.begun > downloads &&
          step.tab().downloads.isIdle(step.tab().page, downloads),
        left(),
        step.signal,
      ))
  )
    return 'a download finished';
  return undefined;
}
