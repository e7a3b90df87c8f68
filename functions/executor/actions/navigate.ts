import type { ActionOf } from '../../../shared/contracts/action.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Tab } from '../browser/tab.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

export function unreachable(tab: Tab, url: string, reason: string): StepStop {
  const { code, message } = tab.whyNotReached(url, reason);
  return new StepStop('failed', code, message);
}

async function load(step: Step, tab: Tab, url: string, go: () => Promise<unknown>): Promise<void> {
  const downloads = tab.downloads.begun;
  const aborted = new Promise<'aborted'>((resolve) => {
    if (step.signal?.aborted) resolve('aborted');
    step.signal?.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  const work = tab.orDialog(go());
  work.catch(() => undefined);
  try {
    await Promise.race([work, aborted]);
  } catch (error) {
    const refusal = (): StepStop | undefined =>
      tab.refusal && new StepStop('failed', tab.refusal.code, tab.refusal.message);
    const refused = refusal();
    if (refused) throw refused;
    const message = (error as Error).message;
    if (/Download is starting/i.test(message) || tab.downloads.begun > downloads) {
      tab.navigating = false;
      return;
    }
    if (/Timeout/i.test(message))
      throw new StepStop('timeout', 'action_timeout', `${url.slice(0, 500)} did not load in time`);
    if (/interrupted by another navigation|frame was detached/i.test(message)) return;
    if (/net::ERR_ABORTED/.test(message)) {
      await tab.until(() => tab.downloads.begun > downloads || tab.refusal !== undefined, 500);
      const late = refusal();
      if (late) throw late;
      if (tab.downloads.begun > downloads) return;
    }
    throw unreachable(tab, url, message);
  }
}

export async function navigate(step: Step, action: ActionOf<'navigate'>): Promise<StepResult> {
  const { text: url } = await step.host.resolveText(action.url);
  step.host.assertMayShow(url);
  step.touch();
  const tab = step.tab();
  await load(step, tab, url, () =>
    tab.page.goto(url, { waitUntil: 'domcontentloaded', timeout: step.left() }),
  );
  return { frames: 0 };
}

export async function reload(step: Step): Promise<StepResult> {
  const tab = step.tab();
  step.touch();
  await load(step, tab, tab.page.url(), () =>
    tab.page.reload({ waitUntil: 'domcontentloaded', timeout: step.left() }),
  );
  return { frames: 0 };
}

async function move(step: Step, by: -1 | 1): Promise<StepResult> {
  const tab = step.tab();
  const { currentIndex, entries } = await tab.channel.send<{
    currentIndex: number;
    entries: { url: string }[];
  }>('Page.getNavigationHistory');
  const entry = entries[currentIndex + by];
  if (!entry)
    throw new StepStop(
      'refused',
      'action_refused',
      `there is no page to go ${by < 0 ? 'back' : 'forward'} to`,
    );
  if (entry.url !== 'about:blank') {
    try {
      step.host.assertMayShow(entry.url);
    } catch (error) {
      const { code, message } = AppError.from(error, 'origin_refused');
      throw new StepStop('refused', code, message);
    }
  }
  step.touch();
  const options = { waitUntil: 'domcontentloaded', timeout: step.left() } as const;
  await load(step, tab, entry.url, () =>
    by < 0 ? tab.page.goBack(options) : tab.page.goForward(options),
  );
  return { frames: 0 };
}

export const back = (step: Step): Promise<StepResult> => move(step, -1);
export const forward = (step: Step): Promise<StepResult> => move(step, 1);
