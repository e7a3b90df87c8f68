import type { Action } from '../../../shared/contracts/action.ts';
import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { maskJson, maskText } from '../../../shared/policy/masking.ts';
import type { SessionHost } from '../browser-session.ts';
import { before, DOWNLOAD_BEGINS_MS, settle, type Before } from '../browser/settle.ts';
import type { Reused, TabList } from '../browser/tab-list.ts';
import type { Tab } from '../browser/tab.ts';
import type { UploadFolder } from '../browser/upload-folder.ts';
import type { TargetCheck } from '../observe/agent.ts';
import { oneLine } from '../observe/observation-text.ts';
import { focusedIn } from './inspect.ts';
import { explain } from './explain.ts';
import { unreachable } from './navigate.ts';
import { deadlineOf, perform } from './perform.ts';
import { assertSame, locateTarget } from './resolve.ts';
import { StepStop, type Afterwards, type Resolved, type Step, type StepResult } from './step.ts';
import { unmet } from './wait.ts';

const NAVIGATION_MS = 30_000;
const EXPECT_MS = 5_000;
/** Work inside a step keeps its own deadline; this is for what never answers. */
const GRACE_MS = 1_000;

export interface Around {
  readonly tabs: TabList;
  readonly host: SessionHost;
  readonly masks: readonly string[];
  readonly healed: Set<string>;
  readonly uploads: UploadFolder;
  readonly lost: AbortSignal;
}

/** Does one action: find the target, act, wait for facts, check what is expected. What a page does wrong is an outcome, not an error. */
export async function runStep(
  around: Around,
  action: Action,
  options: { timeoutMs?: number; signal?: AbortSignal },
): Promise<OutcomeInput> {
  const started = performance.now();
  const { tabs, host } = around;
  const tab = tabs.current;
  const budget = options.timeoutMs ?? deadlineOf(action);
  // While a person decides about a request, the step's clock stands still.
  const until = (): number => started + budget + tabs.gate.heldMs;
  const since = before(tab);
  const times = { touched: 0, acted: 0 };
  const settleAll = async (
    on: Tab,
    frames: number,
    places: readonly (Resolved | undefined)[],
    after?: Afterwards,
  ): Promise<unknown> => {
    const untilMs = performance.now() + Math.max(NAVIGATION_MS, until() - performance.now());
    const isMain = after !== undefined && after.target.frame === on.frames.main;
    return settle(on, on === tab ? since : before(on), {
      untilMs,
      frames,
      places: places.flatMap((place) => place?.frame ?? []),
      ...(isMain && {
        ask: {
          name: after.name,
          ref: after.target.ref,
          ...(after.sent && { changesFrom: after.sent.changesFrom }),
        },
      }),
      ...(options.signal && { signal: options.signal }),
    });
  };
  const step = makeStep(around, options.signal, until, times, settleAll);
  tabs.takeReused(); // By an act that failed.
  tab.acting = true;
  let result: StepResult = {};
  let stop:
    | { status: OutcomeInput['status']; code?: AppError['code']; message: string }
    | undefined;
  try {
    if (options.signal?.aborted)
      throw new StepStop('refused', 'run_cancelled', 'the step was cancelled before it began');
    if (tab.dialog && action.action !== 'dialog')
      throw new StepStop(
        'refused',
        'dialog_open',
        `a dialog is open (${tab.dialog.type()}: ${oneLine(tab.dialog.message(), 200)}); answer it with the action dialog`,
      );
    result = await inTime(perform(step, action), () => until() + GRACE_MS, options.signal);
    times.acted = performance.now();
    if (!result.looked && !tab.dialog) {
      const { afterwards } = result;
      if (result.saves)
        await tab.until(
          () => tab.downloads.begun > since.downloads || tab.dialog !== undefined || tab.navigating,
          DOWNLOAD_BEGINS_MS,
          options.signal,
        );
      const places = [result.target, result.dropped];
      let value = await settleAll(tab, result.frames ?? 1, places, afterwards);
      await afterwards?.sent?.input;
      if (afterwards && afterwards.target.frame !== tab.frames.main)
        value = await step
          .call(afterwards.target, afterwards.name, afterwards.target.ref)
          .catch(() => undefined);
      if (value !== undefined && !tab.dialog && afterwards) await judge(afterwards, value);
    }
    const reused = tabs.takeReused();
    if (reused) await showReused(tabs, reused, options.signal);
    await tabs.adopted();
    assertLoaded(tab, since);
    const unmetWords =
      action.expect && !tab.dialog
        ? await unmet(step, action.expect, result.target, since.downloads, EXPECT_MS)
        : undefined;
    if (unmetWords !== undefined)
      throw new StepStop(
        'failed',
        'expectation_failed',
        `expected, but did not come to hold: ${unmetWords}`,
      );
    const failure = tab.downloads.takeFailure(tab.page, since.downloads);
    if (failure) throw failure;
  } catch (error) {
    times.acted ||= performance.now();
    stop = explain(error, tab, times.touched > 0, around.lost);
  } finally {
    tab.acting = false;
  }
  const ended = performance.now();
  const now = tabs.current;
  const healed =
    'target' in action && action.target !== undefined && around.healed.delete(action.target);
  const older = tab.downloads.takeOlderFailures();
  const said = [
    ...(stop ? [stop.message] : []),
    ...older.map(({ message }) => `a file that another act or page began: ${message}`),
  ];
  const artifacts = [...(result.artifacts ?? []), ...tab.downloads.takeFinished()];
  const round = (ms: number): number => Math.round(Math.max(0, ms) * 10) / 10;
  const touched = times.touched || times.acted;
  return {
    status: stop?.status ?? 'done',
    ...(stop?.code && { code: stop.code }),
    ...(said.length > 0 && { message: maskText(said.join('; '), around.masks).slice(0, 4_000) }),
    acted: times.touched > 0,
    changed: {
      ...(now.page.url() !== since.url && { url: maskText(now.page.url(), around.masks) }),
      ...(now.documentId !== since.documentId && { document: true }),
      ...(tab.dialogs > since.dialogs &&
        tab.lastDialog !== undefined && {
          dialog: maskText(oneLine(tab.lastDialog, 1_000), [...host.maskedValues]),
        }),
      ...(now !== tab && { tab: now.id }),
    },
    ...(result.data !== undefined && { data: maskJson(result.data, around.masks) }),
    artifacts,
    ...(healed && { healed: true }),
    ...(result.usedSecret && { usedSecret: true }),
    ms: {
      resolve: round(touched - started),
      act: round(times.acted - touched),
      settle: round(ended - times.acted),
    },
  };
}

/** Waits for the document that the act asked for in a window at hand, and goes there; a file leaves that window as it was. */
async function showReused(
  tabs: TabList,
  { tab, since }: Reused,
  signal: AbortSignal | undefined,
): Promise<void> {
  const untilMs = performance.now() + NAVIGATION_MS;
  await settle(tab, since, { untilMs, frames: 1, ...(signal && { signal }) });
  assertLoaded(tab, since);
  if (tab.documentId !== since.documentId) await tabs.switch(tab.id);
}

/** Judges what the page says after the act; where it does not hold yet, asks once more. */
async function judge(afterwards: Afterwards, value: unknown): Promise<void> {
  try {
    afterwards.judge(value);
  } catch (error) {
    const later = await afterwards.later?.();
    if (later === undefined) throw error;
    afterwards.judge(later);
  }
}

/** The result of the work, unless the deadline or the caller ends the wait first. */
async function inTime<Result>(
  work: Promise<Result>,
  until: () => number,
  signal: AbortSignal | undefined,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  work.catch(() => undefined);
  const ended = new Promise<never>((_, reject) => {
    const wait = (): void => {
      const left = until() - performance.now();
      if (left > 0) timer = setTimeout(wait, left);
      else
        reject(
          new AppError('action_timeout', 'the page did not answer in time', { retryable: true }),
        );
    };
    wait();
    stop = () =>
      reject(new StepStop('failed', 'run_cancelled', 'the step was cancelled while it acted'));
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    if (stop) signal?.removeEventListener('abort', stop);
  }
}

function makeStep(
  around: Around,
  signal: AbortSignal | undefined,
  until: () => number,
  times: { touched: number },
  settleAll: (tab: Tab, frames: number, places: readonly Resolved[]) => Promise<unknown>,
): Step {
  const { tabs, host } = around;
  const step: Step = {
    host,
    signal,
    masks: around.masks,
    uploads: around.uploads,
    digest: tabs.digest,
    left: () => Math.max(1, until() - performance.now()),
    tab: () => tabs.current,
    touch: () => {
      if (signal?.aborted)
        throw new StepStop(
          times.touched > 0 ? 'failed' : 'refused',
          'run_cancelled',
          'the step was cancelled',
        );
      times.touched ||= performance.now();
      tabs.gate.touched();
    },
    untouch: () => {
      times.touched = 0;
    },
    resolve: (target) => locateTarget(tabs.current, target),
    focused: () => focusedIn(tabs.current),
    call: async (target, name, ...args) => {
      const { unchecked } = target;
      const work =
        unchecked === undefined
          ? tabs.current.frames.call<never>(target.frame, name, args, step.left() + 5_000)
          : tabs.current.frames
              .call<{ check: TargetCheck; value: never }>(
                target.frame,
                'guarded',
                [target.ref, name, args],
                step.left() + 5_000,
              )
              .then(({ check, value }) => {
                // Where the check fails nothing was done, whatever the action announced.
                if (check.state !== 'ok') times.touched = 0;
                assertSame(unchecked, check, around.healed);
                target.unchecked = undefined;
                return value;
              });
      const answer = await tabs.current.orDialog(work.then((value) => ({ value })));
      if (!answer)
        throw new StepStop(
          'refused',
          'dialog_open',
          'a dialog opened meanwhile; answer it with the action dialog',
        );
      return answer.value;
    },
    settle: async (target) => void (await settleAll(tabs.current, 1, [target])),
    tabs: {
      list: () =>
        tabs.all().map((tab) => ({
          id: tab.id,
          url: tab.page.url(),
          title: tab.title,
          current: tab === tabs.current,
        })),
      open: () => tabs.open(),
      switch: (id) => tabs.switch(id),
      close: (id) => tabs.close(id),
      aside: () => tabs.aside(),
    },
  };
  return step;
}

function assertLoaded(tab: Tab, since: Before): void {
  if (tab.refusal) throw new StepStop('failed', tab.refusal.code, tab.refusal.message);
  if (tab.unreachable !== undefined && tab.documentId !== since.documentId)
    throw unreachable(tab, tab.unreachable, '');
}
