import { expect, it } from 'vitest';

import { AppError } from '../../../shared/core/errors.ts';
import { screenshot } from './screenshot.ts';
import type { Step } from './step.ts';

const PICTURE = Buffer.from('a picture');
const ACTION = { action: 'screenshot', full: false, marks: false, why: '' } as const;

/** A step on a page that is replaced so many times before it can be pictured. */
function stepOn(replacements: number, leftMs = 5_000, message = 'Unable to capture screenshot') {
  const kept: unknown[] = [];
  let left = replacements;
  const tab = {
    documentId: 'd1',
    domReady: true,
    page: { url: () => 'https://portal.example/' },
    channel: {
      send: async () => {
        left -= 1;
        if (left >= 0) throw new Error(`Page.captureScreenshot: ${message}`);
        return { data: PICTURE.toString('base64') };
      },
    },
    until: async () => {
      tab.documentId = `d${1 + replacements - left}`;
      leftMs -= 500;
      return true;
    },
  };
  const step = {
    tab: () => tab,
    left: () => leftMs,
    host: {
      saveArtifact: async (...args: unknown[]) => {
        kept.push(args[3]);
        return { name: 'screenshot.png' };
      },
    },
  };
  return { step: step as unknown as Step, kept };
}

it('waits for the page that takes the place of another', async () => {
  const { step, kept } = stepOn(2);
  await expect(screenshot(step, ACTION)).resolves.toMatchObject({
    artifacts: [{ name: 'screenshot.png' }],
  });
  expect(kept).toEqual([PICTURE]);
});

it('gives up at the deadline, and at once where something else is wrong', async () => {
  const { step } = stepOn(1_000);
  const error: unknown = await screenshot(step, ACTION).catch((thrown: unknown) => thrown);
  expect(AppError.is(error, 'action_timeout')).toBe(true);
  const other = stepOn(1, 5_000, 'Target closed');
  await expect(screenshot(other.step, ACTION)).rejects.toThrow('Target closed');
});

it('does not cut the place of a target out of the page that came after its own', async () => {
  const { step, kept } = stepOn(1);
  const targets = { e1: 'd1' };
  Object.assign(step, {
    resolve: async (target: 'e1') => {
      if (step.tab().documentId !== targets[target]) throw new AppError('target_stale', 'gone');
      return { ref: 1 };
    },
    call: async () => ({ x: 0, y: 0, width: 9, height: 9 }),
  });
  const error: unknown = await screenshot(step, { ...ACTION, target: 'e1' }).catch(
    (thrown: unknown) => thrown,
  );
  expect(AppError.is(error, 'target_stale')).toBe(true);
  expect(kept).toEqual([]);
});

it('takes no picture of a page into which a secret was typed, also when that page came meanwhile', async () => {
  const { step, kept } = stepOn(1);
  Object.assign(step.tab(), { secretDocument: 'd2' });
  await expect(screenshot(step, ACTION)).rejects.toMatchObject({ status: 'refused' });
  expect(kept).toEqual([]);
});
