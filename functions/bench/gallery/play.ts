import { setTimeout as delay } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import { createClient, type Client } from '../../../shared/client/client.ts';
import type { BrowserPool, BrowserSession } from '../../executor/browser-session.ts';
import type { RunningPlatform } from '../../cli/compose.ts';
import { withPlatform, wrapSessions } from '../bench-platform.ts';
import type { Exercise } from './exercise.ts';
import { startGallerySite, type GallerySite } from './gallery-site.ts';
import { GalleryPlanner } from './solver.ts';

const LOGIN = 'gallery-login';
const VERDICT_MS = 2_000;
const CLOSE_MS = 15_000;

export interface Played {
  readonly name: string;
  readonly solved: boolean;
  /** An empty plan did not solve it. */
  readonly emptyFails: boolean;
  readonly steps: number;
  readonly ms: number;
  /** Why it was not solved, as far as the run tells. */
  readonly why: string;
}

export interface PlayOptions {
  /** Sabotage, to see that the judgement sees it: hands that claim to act, and a judge who believes them. */
  readonly handicap: boolean;
  readonly atOnce: number;
  readonly onPlayed: (played: Played) => void;
}

/** The page's own answer, from the window that the run began in. */
async function verdictOf(session: BrowserSession): Promise<boolean> {
  const { currentPage } = session as BrowserSession & { readonly currentPage: Page };
  const [first] = currentPage.context().pages();
  const asked = first?.evaluate<boolean>('typeof solved === "function" && solved() === true');
  const over = new AbortController();
  const late = delay(VERDICT_MS, false, { signal: over.signal });
  late.catch(() => undefined);
  try {
    return (await Promise.race([asked, late])) ?? false;
  } catch {
    // The page went away: whoever wants to be judged by the server says so.
    return false;
  } finally {
    over.abort();
  }
}

/** Hands that open the page, and then only say that they acted. */
const idleHands = (session: BrowserSession): Partial<BrowserSession> => ({
  act: async (action, options) =>
    action.action === 'navigate'
      ? session.act(action, options)
      : { status: 'done', acted: true, ...(action.action === 'read' && { data: '' }) },
});

/** What pages said when their browser closed, which is after their run ended. */
class Verdicts {
  readonly #given = new Map<string, PromiseWithResolvers<boolean>>();

  #at(url: string): PromiseWithResolvers<boolean> {
    const known = this.#given.get(url) ?? Promise.withResolvers<boolean>();
    this.#given.set(url, known);
    return known;
  }

  give(url: string, verdict: boolean): void {
    this.#at(url).resolve(verdict);
  }

  /** False where no browser was opened at all. */
  async of(url: string): Promise<boolean> {
    const over = new AbortController();
    const never = delay(CLOSE_MS, false, { signal: over.signal }).catch(() => false);
    const verdict = await Promise.race([this.#at(url).promise, never]);
    over.abort();
    return verdict;
  }
}

class Gallery {
  readonly #client: Client;
  readonly #site: GallerySite;
  readonly #planner: GalleryPlanner;
  readonly #verdicts: Verdicts;
  readonly #gullible: boolean;

  constructor(
    here: RunningPlatform,
    site: GallerySite,
    planner: GalleryPlanner,
    verdicts: Verdicts,
    gullible: boolean,
  ) {
    this.#client = createClient(here);
    this.#site = site;
    this.#planner = planner;
    this.#verdicts = verdicts;
    this.#gullible = gullible;
  }

  async play(exercise: Exercise): Promise<Played> {
    const started = performance.now();
    const solving = await this.#run(exercise, false);
    const ms = performance.now() - started;
    const empty = await this.#run(exercise, true);
    return {
      name: exercise.name,
      solved: solving.verdict,
      emptyFails: !(empty.verdict || this.#gullible),
      steps: solving.steps,
      ms: Math.round(ms),
      why: solving.verdict ? '' : solving.why,
    };
  }

  async #run(
    exercise: Exercise,
    empty: boolean,
  ): Promise<{ verdict: boolean; steps: number; why: string }> {
    const { url, seen } = this.#site.add(exercise);
    this.#planner.expect(url, exercise, empty);
    const { origin, otherOrigin } = this.#site;
    const { runId } = await this.#client.createRun({
      goal: GalleryPlanner.goal(url, empty),
      url,
      contract: {
        navigate: [origin, otherOrigin],
        level: 'autonomous',
        httpCredentials: [LOGIN],
        budgets: { timeMs: 60_000, turns: 30 },
      },
    });
    const told: string[] = [];
    for await (const message of this.#client.events(runId)) {
      if (message.type !== 'entry') continue;
      const { event } = message.entry;
      if (event.type === 'step.ended' && event.outcome.status !== 'done')
        told.push(`${event.stepId} ${event.outcome.status}: ${event.outcome.message ?? ''}`);
      if (event.type === 'step.refused')
        told.push(`${event.stepId} refused: ${event.error.message}`);
      if (event.type === 'human.requested') {
        told.push(`asked: ${event.request.question}`);
        await this.#client.cancel(runId);
      }
      if (event.type === 'run.ended') break;
    }
    const run = await this.#client.run(runId);
    if (run.error) told.push(run.error.message);
    const shown = await this.#verdicts.of(url);
    return {
      verdict: exercise.judge ? exercise.judge(seen) : shown,
      steps: run.steps,
      why:
        told.join(' · ') || 'the plan was carried out, and the page does not hold what it should',
    };
  }
}

/** Plays exercises through the whole platform: API, planner over the wire, executor, browser. */
export async function playGallery(
  exercises: readonly Exercise[],
  options: PlayOptions,
): Promise<Played[]> {
  const planner = new GalleryPlanner();
  const verdicts = new Verdicts();
  const wrap = (pool: BrowserPool): BrowserPool =>
    wrapSessions(pool, (session) => {
      let start: string | undefined;
      return {
        ...(options.handicap && idleHands(session)),
        observe: async (observing) => {
          const seen = await session.observe(observing);
          start ??= seen.url;
          return seen;
        },
        close: async () => {
          if (start !== undefined) verdicts.give(start, await verdictOf(session));
          await session.close();
        },
      };
    });
  await using stack = new AsyncDisposableStack();
  const site = await startGallerySite();
  stack.defer(async () => site.close());
  return await withPlatform({ calls: (body) => planner.plan(body) }, wrap, async (here) => {
    const { secrets } = here.platform;
    await secrets.set('local', LOGIN, 'ada:gallery-pw', [site.origin]);
    const gallery = new Gallery(here, site, planner, verdicts, options.handicap);
    const played: Played[] = [];
    const waiting = [...exercises];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const one = await gallery.play(next);
        options.onPlayed(one);
        played.push(one);
      }
    };
    await Promise.all(Array.from({ length: options.atOnce }, worker));
    return played;
  });
}
