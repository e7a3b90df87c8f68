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

const REPLACED_MS = 500;

/** A page that is just being replaced has no picture: the next one is waited for. */
async function pictureOf(step: Step, tab: Tab, clip: object | undefined): Promise<Buffer> {
  for (;;) {
    const { documentId } = tab;
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
  const tab = step.tab();
  if (tab.secretDocument === tab.documentId)
    throw new StepStop(
      'refused',
      'action_refused',
      'no picture is taken of a page into which a secret was typed; leave the page first',
    );
  let clip: object | undefined;
  if (action.target !== undefined) {
    const target = await step.resolve(action.target);
    const box = await step.call<{ x: number; y: number; width: number; height: number }>(
      target,
      'boxOf',
      target.ref,
    );
    clip = { ...box, scale: 1 };
  } else if (action.full) {
    const { cssContentSize } = await tab.channel.send<Metrics>('Page.getLayoutMetrics');
    clip = {
      x: 0,
      y: 0,
      width: cssContentSize.width,
      height: Math.min(cssContentSize.height, MAX_HEIGHT),
      scale: 1,
    };
  }
  if (action.marks && clip !== undefined)
    throw new StepStop(
      'refused',
      'invalid_request',
      'marks are drawn on a picture of the view; leave out target and full',
    );
  const plain = await pictureOf(step, tab, clip);
  const artifact = await step.host.saveArtifact(
    'screenshot.png',
    'image/png',
    'screenshot',
    action.marks ? await markedPicture(step, plain) : plain,
    tab.page.url(),
  );
  return { artifacts: [artifact], looked: true };
}
