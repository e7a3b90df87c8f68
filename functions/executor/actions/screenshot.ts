import type { ActionOf } from '../../../shared/contracts/action.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Tab } from '../browser/tab.ts';
import { markedPicture } from './marked-picture.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

interface Metrics {
  cssContentSize: { width: number; height: number };
}

const MAX_HEIGHT = 16_000;

/** Whether a picture failed because one page just took the place of another: Chromium's words, as it has no codes for them. */
export const isBeingReplaced = (error: unknown): boolean =>
  /Not attached to an active page|Unable to capture screenshot/.test(String(error));

export async function capturePng(tab: Tab, clip?: object): Promise<Buffer> {
  const { data } = await tab.channel.send<{ data: string }>('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: clip !== undefined,
    ...(clip && { clip }),
  });
  return Buffer.from(data, 'base64');
}

/** How long the next page is waited for before another try. */
const REPLACED_MS = 500;

/** What of the page is pictured; undefined for the view. */
async function clipOf(
  step: Step,
  tab: Tab,
  { target, full }: ActionOf<'screenshot'>,
): Promise<object | undefined> {
  if (target !== undefined) {
    const resolved = await step.resolve(target);
    type Box = Record<'x' | 'y' | 'width' | 'height', number>;
    return { ...(await step.call<Box>(resolved, 'boxOf', resolved.ref)), scale: 1 };
  }
  if (!full) return undefined;
  const { cssContentSize } = await tab.channel.send<Metrics>('Page.getLayoutMetrics');
  const { width, height } = cssContentSize;
  return { x: 0, y: 0, width, height: Math.min(height, MAX_HEIGHT), scale: 1 };
}

/** A page that is just being replaced has no picture: the next one is waited for, in which a target of this one is stale. */
async function pictureOf(step: Step, tab: Tab, action: ActionOf<'screenshot'>): Promise<Buffer> {
  for (;;) {
    const { documentId } = tab;
    if (tab.secretDocument === documentId)
      throw new StepStop(
        'refused',
        'action_refused',
        'no picture is taken of a page into which a secret was typed; leave the page first',
      );
    const clip = await clipOf(step, tab, action);
    try {
      return await capturePng(tab, clip);
    } catch (error) {
      if (!isBeingReplaced(error)) throw error;
      if (step.left() <= REPLACED_MS || step.signal?.aborted)
        throw new AppError('action_timeout', 'the page was replaced again and again', {
          cause: error,
          retryable: true,
        });
      // Without news of it, as it may have come already, it is tried again all the same.
      const isNew = (): boolean => tab.documentId !== documentId && tab.domReady;
      await tab.until(isNew, REPLACED_MS, step.signal);
    }
  }
}

export async function screenshot(step: Step, action: ActionOf<'screenshot'>): Promise<StepResult> {
  if (action.marks && (action.full || action.target !== undefined))
    throw new StepStop(
      'refused',
      'invalid_request',
      'marks are drawn on a picture of the view; leave out target and full',
    );
  const tab = step.tab();
  const plain = await pictureOf(step, tab, action);
  const artifact = await step.host.saveArtifact(
    'screenshot.png',
    'image/png',
    'screenshot',
    action.marks ? await markedPicture(step, plain) : plain,
    tab.page.url(),
  );
  return { artifacts: [artifact], looked: true };
}
