import { createPrng } from '../../site/prng.ts';
import { CUSTOM_CONTROLS } from './custom-controls.ts';
import { CUSTOM_LISTS } from './custom-lists.ts';
import { DRAGS_AND_DRAWINGS } from './drags-and-drawings.ts';
import type { Exercise, Kind } from './exercise.ts';
import { FILES } from './files.ts';
import { FRAMES_AND_ROOTS } from './frames-and-roots.ts';
import { LATE_AND_MOVING } from './late-and-moving.ts';
import { NATIVE_CONTROLS } from './native-controls.ts';
import { SCROLLERS } from './scrollers.ts';
import { TEXTS } from './texts.ts';
import { WINDOWS_AND_DIALOGS } from './windows-and-dialogs.ts';

/** All kinds of pages, in the order of docs. */
export const KINDS: readonly Kind[] = [
  ...NATIVE_CONTROLS,
  ...CUSTOM_LISTS,
  ...CUSTOM_CONTROLS,
  ...DRAGS_AND_DRAWINGS,
  ...TEXTS,
  ...SCROLLERS,
  ...FRAMES_AND_ROOTS,
  ...WINDOWS_AND_DIALOGS,
  ...FILES,
  ...LATE_AND_MOVING,
];

/** One exercise of each kind, its targets drawn from the seed and the kind's place. */
export const exercisesOf = (seed: number): Exercise[] =>
  KINDS.map((each, at) => each.draw(createPrng(seed * 1_000 + at)));
