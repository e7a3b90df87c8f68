import { atLeast, type BenchOptions, type BenchResult } from '../bench-result.ts';
import { exercisesOf } from './kinds.ts';
import { playGallery, type Played } from './play.ts';

const SEED = 1;
const AT_ONCE = 2;

const share = (played: readonly Played[], holds: (one: Played) => boolean): number =>
  played.length === 0 ? 0 : (100 * played.filter(holds).length) / played.length;

/** Every kind of page solved through plans alone, judged by the page's own state; an empty plan must fail on each. */
export async function benchGallery(options: BenchOptions): Promise<BenchResult> {
  const seeds = Array.from({ length: options.repeat }, (_, at) => SEED + at);
  const played: Played[] = [];
  for (const seed of seeds)
    played.push(
      ...(await playGallery(exercisesOf(seed), {
        handicap: options.handicapMs > 0,
        atOnce: AT_ONCE,
        onPlayed: ({ name, solved, emptyFails, why }) => {
          if (!solved) options.note(`seed ${seed}: not solved: ${name}: ${why}`);
          if (!emptyFails) options.note(`seed ${seed}: solved by an empty plan: ${name}`);
        },
      })),
    );
  const names = [...new Set(played.map(({ name }) => name))];
  return {
    bench: 'gallery',
    versions: { node: process.versions.node },
    rows: names.map((name) => {
      const ones = played.filter((one) => one.name === name);
      return {
        page: name,
        solved: `${ones.filter(({ solved }) => solved).length}/${ones.length}`,
        'empty plan fails': `${ones.filter(({ emptyFails }) => emptyFails).length}/${ones.length}`,
        steps: Math.max(...ones.map(({ steps }) => steps)),
        ms: Math.round(ones.reduce((sum, { ms }) => sum + ms, 0) / ones.length),
      };
    }),
    targets: [
      atLeast(
        'gallery_solved',
        100,
        share(played, ({ solved }) => solved),
      ),
      atLeast(
        'empty_plan_fails',
        100,
        share(played, ({ emptyFails }) => emptyFails),
      ),
    ],
  };
}
