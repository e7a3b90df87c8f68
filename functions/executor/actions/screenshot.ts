import type { ActionOf } from '../../../shared/contracts/action.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

interface Metrics {
  cssContentSize: { width: number; height: number };
}

const MAX_HEIGHT = 16_000;

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
  const { data } = await tab.channel.send<{ data: string }>('Page.captureScreenshot', {
    format: 'png',
    captureBeyondViewport: clip !== undefined,
    ...(clip && { clip }),
  });
  const artifact = await step.host.saveArtifact(
    'screenshot.png',
    'image/png',
    'screenshot',
    Buffer.from(data, 'base64'),
    tab.page.url(),
  );
  return { artifacts: [artifact], looked: true };
}
