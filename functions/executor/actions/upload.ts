import type { FileChooser } from 'playwright-core';

import type { ActionOf } from '../../../shared/contracts/action.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { assertWhatItSays } from './file-content.ts';
import { placeOf, pressAt } from './pointer.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

const CHOOSER_MS = 2_000;

async function filesOf(step: Step, names: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const name of names) {
    if (!step.host.readArtifact)
      throw new StepStop('refused', 'action_refused', 'the run has no artifacts to upload');
    const file = await step.host.readArtifact(name).catch((error: unknown) => {
      if (!AppError.is(error, 'not_found')) throw error;
      throw new StepStop('refused', 'invalid_request', `the run has no artifact "${name}"`);
    });
    await assertWhatItSays(name, file.content);
    paths.push(await step.uploads.put(name, file.content));
  }
  return paths;
}

/** Puts artifacts of the run into a file field, or into the one that the target asks for when it is clicked. */
export async function upload(step: Step, action: ActionOf<'upload'>): Promise<StepResult> {
  const tab = step.tab();
  const target = await step.resolve(action.target);
  const paths = await filesOf(step, action.files);
  const field = target.point
    ? null
    : await step.call<{ ref: number; multiple: boolean } | null>(target, 'fileField', target.ref);
  if (field) {
    if (!field.multiple && paths.length > 1)
      throw new StepStop('refused', 'invalid_request', 'the field takes one file only');
    step.touch();
    await tab.frames.worlds.setFiles(target.frame, field.ref, paths);
    return { target, frames: 1 };
  }
  const place = await placeOf(step, target);
  tab.chooser = undefined;
  await pressAt(step, place);
  await tab.until(() => tab.chooser !== undefined, Math.min(CHOOSER_MS, step.left()), step.signal);
  const chooser = tab.chooser as FileChooser | undefined;
  if (!chooser) throw new StepStop('failed', 'action_failed', 'the target did not ask for a file');
  if (!chooser.isMultiple() && paths.length > 1)
    throw new StepStop('failed', 'action_failed', 'the page asks for one file only');
  await chooser.setFiles(paths);
  return { target, frames: 1 };
}
