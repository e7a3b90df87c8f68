import { describe, expect, it } from 'vitest';

import type { Exercise } from './exercise.ts';
import { exercisesOf, KINDS } from './kinds.ts';
import { playGallery, type Played } from './play.ts';

const SEED = 7;
/** A third of the kinds in each run of the suite; `npm run bench -- gallery` plays all of them. */
const SHARE = 3;

const sample = (seed: number): Exercise[] =>
  exercisesOf(seed).filter((_each, at) => at % SHARE === seed % SHARE);

const play = (exercises: readonly Exercise[], handicap: boolean): Promise<Played[]> =>
  playGallery(exercises, { handicap, atOnce: 2, onPlayed: () => undefined });

describe('the gallery', () => {
  it('draws the same targets from the same seed, and others from another', () => {
    const where = { here: 'http://a', elsewhere: 'http://b' };
    const pages = (seed: number): string[] => exercisesOf(seed).map((each) => each.html(where));
    expect(pages(1)).toEqual(pages(1));
    const changed = pages(1).filter((page, at) => page !== pages(2)[at]).length;
    expect(changed).toBeGreaterThan(KINDS.length * 0.8);
    expect(new Set(KINDS.map(({ name }) => name)).size).toBe(KINDS.length);
  });

  it('is solved by plans alone, and never by an empty one', { timeout: 180_000 }, async () => {
    const exercises = sample(SEED);
    const played = await play(exercises, false);
    expect(played.filter(({ solved }) => !solved)).toEqual([]);
    expect(played.filter(({ emptyFails }) => !emptyFails)).toEqual([]);
    expect(played).toHaveLength(exercises.length);
  });

  it(
    'finds out hands that only claim to act, and a judge who believes them',
    { timeout: 60_000 },
    async () => {
      const played = await play(sample(SEED).slice(0, 6), true);
      expect(played.filter(({ solved, emptyFails }) => solved || emptyFails)).toEqual([]);
    },
  );
});
