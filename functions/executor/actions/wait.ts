import type { ActionOf, Expect } from '../../../shared/contracts/action.ts';
import { DocumentGone } from '../browser/frames.ts';
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

export async function wait(step: Step, action: ActionOf<'wait'>): Promise<StepResult> {
  const named = action.text ?? action.gone ?? action.url ?? action.idle;
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
        () => step.tab().downloads.begun > downloads && step.tab().downloads.isIdle,
        left(),
        step.signal,
      ))
  )
    return 'a download finished';
  return undefined;
}
