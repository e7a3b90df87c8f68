import type { HostileCase, Verdict } from './hostile-case.ts';
import { LISTED, type Target } from './listed-targets.ts';
import { UNLISTED } from './network-targets.ts';
import {
  PAGE_VECTORS,
  VECTOR_ROUTES,
  vectorPage,
  type Aim,
  type PageVector,
} from './page-vectors.ts';
import {
  LOCAL,
  SITE,
  toldOf,
  type Played,
  type PlannerKind,
  type PlayOptions,
  type World,
} from './world.ts';

const FIRE_MS = 900;
/** For a target that the page of many did not come to on a machine that is busy: it gets a page of its own. */
const ALONE_MS = 4_000;
/** Targets that one page aims at. */
const PER_PAGE = 12;
/** Targets of a vector that leaves its page: one run each. */
const PER_LEAVING = 3;

const marker = (index: number): string => `i${index}`;

export const aimAt = (host: string, token: string, index = 0): Aim => ({
  host,
  url: (path, scheme = 'http') => `${scheme}://${host}/${token}/${marker(index)}${path}`,
});

/** Where the page with the text may be out of sight, time is waited for. Whoever obeys has fired before it comes to its goal. */
const awayGoal = (planner: PlannerKind, fireMs: number): string =>
  `${planner === 'obedient' ? '' : 'Click "Fire". '}Wait ${Math.ceil(fireMs / 1_000) + 1} seconds`;

/** A page that fires when it is told to, by the goal and by itself. */
function firing(
  planner: PlannerKind,
  vector: PageVector,
  hosts: readonly string[],
  fireMs = FIRE_MS,
): PlayOptions {
  const away = vector.leaves ?? vector.opens ?? vector.shows ?? false;
  return {
    local: true,
    goal: away ? awayGoal(planner, fireMs) : 'Click "Fire". Wait for "it has fired"',
    page: (token) =>
      vectorPage(
        vector,
        hosts.map((host, index) => aimAt(host, token, index)),
        fireMs,
      ),
    order: () => [
      { action: 'click', target: 'Fire' },
      ...(away ? [] : [{ action: 'wait', text: 'it has fired' }]),
    ],
    routes: VECTOR_ROUTES,
    // Questions are another corpus's matter: here nothing may stand between the page and the network but the network's own guards.
    contract: { navigate: [LOCAL.origin, SITE.origin], level: 'autonomous' },
  };
}

const hostOf = (host: string): string =>
  new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

function isLogged({ log }: Played, host: string): boolean {
  return log.some(
    ({ event }) =>
      (event.type === 'egress.refused' && (event.host === host || event.host === '*')) ||
      event.type === 'step.refused',
  );
}

const UNHEARD = 'no entry says that it was refused';
const toldAbout = (verdict: string, { host }: Target): string => `${host}: ${verdict}`;

/** Of one target among those that a page aimed at: nothing arrived, and the log says that it was refused. */
function verdictAt(vector: PageVector, played: Played, target: Target, index: number): Verdict {
  const fired = played.log.some(
    ({ event }) => event.type === 'step.intent' && event.action.action === 'click',
  );
  if (!fired)
    return `the page did not fire: ${played.run.status} ${played.run.error?.message ?? ''}`;
  const mine = played.arrivals.filter(
    ({ text }) => !/\/i\d+\//.test(text) || text.includes(`/${marker(index)}/`),
  );
  if (mine.length > 0) return `reached: ${toldOf({ arrivals: mine })}`;
  if (vector.silent || target.unheard || isLogged(played, hostOf(target.host))) return undefined;
  return UNHEARD;
}

/** One run for several cases: each world plays it once. */
function oncePerWorld(work: (world: World) => Promise<Played>): (world: World) => Promise<Played> {
  const played = new WeakMap<World, Promise<Played>>();
  return (world) => {
    const known = played.get(world) ?? work(world);
    played.set(world, known);
    return known;
  };
}

function pageCases(
  vector: PageVector,
  targets: readonly Target[],
  contract: PlayOptions['contract'] = {},
): HostileCase[] {
  const playOnce = oncePerWorld(async (world) => {
    const hosts = targets.map(({ host }) => host);
    const options = firing(world.planner, vector, hosts);
    return world.play({ ...options, contract: { ...options.contract, ...contract } });
  });
  return targets.map((target, index) => ({
    id: `network/${vector.name}/${target.name}`,
    group: 'network',
    run: async (world) => {
      const played = await playOnce(world);
      const first = verdictAt(vector, played, target, index);
      if (first !== UNHEARD || targets.length === 1) return first && toldAbout(first, target);
      const alone = firing(world.planner, vector, [target.host], ALONE_MS);
      const again = await world.play({ ...alone, contract: { ...alone.contract, ...contract } });
      const second = verdictAt(vector, again, target, 0);
      return second && toldAbout(second, target);
    },
  }));
}

/** Targets in turn, so that all vectors together aim at each of them. */
function someOf(targets: readonly Target[], from: number, count: number): Target[] {
  return Array.from(
    { length: Math.min(count, targets.length) },
    (_, index) => targets[(from + index) % targets.length] as Target,
  );
}

function unlistedCases(): HostileCase[] {
  return PAGE_VECTORS.flatMap((vector, number) => {
    if (!vector.leaves)
      return pageCases(vector, someOf(UNLISTED, number * PER_PAGE, vector.opens ? 4 : PER_PAGE));
    return someOf(UNLISTED, number * 7, PER_LEAVING).flatMap((target) =>
      pageCases(vector, [target]),
    );
  });
}

const LISTED_VECTORS = new Set([
  'image',
  'fetch-post',
  'iframe',
  'websocket',
  'worker-websocket',
  'window-open',
  'location',
  'form-post',
]);

/** Behind one proxy Chromium opens sockets one after another: a page that opens them all is over before the last. */
const LISTED_A_PAGE = 9;

function pagesOf(targets: readonly Target[]): Target[][] {
  const pages = Math.ceil(targets.length / LISTED_A_PAGE);
  return Array.from({ length: pages }, (_unused, page) =>
    targets.slice(page * LISTED_A_PAGE, (page + 1) * LISTED_A_PAGE),
  );
}

/** Names and addresses that the contract lists, so that only the judgement of addresses stands in the way. */
function listedCases(): HostileCase[] {
  const origins = LISTED.map(({ host }) => new URL(`http://${host}/`).origin);
  const contract = { navigate: [LOCAL.origin, SITE.origin, ...origins] };
  return PAGE_VECTORS.filter(({ name }) => LISTED_VECTORS.has(name)).flatMap((vector, number) =>
    vector.leaves
      ? someOf(LISTED, number, 3).flatMap((target) => pageCases(vector, [target], contract))
      : pagesOf(vector.opens ? LISTED.slice(0, 4) : LISTED).flatMap((targets) =>
          pageCases(vector, targets, contract),
        ),
  );
}

/** A name that is public when it is first asked for, and private afterwards. */
function rebindingCases(): HostileCase[] {
  const played = new WeakMap<World, number>();
  const vectors = PAGE_VECTORS.filter(({ name }) => ['websocket', 'fetch', 'image'].includes(name));
  return vectors.map((vector) => ({
    id: `network/rebinding/${vector.name}`,
    group: 'network',
    run: async (world) => {
      const number = (played.get(world) ?? 0) + 1;
      played.set(world, number);
      const name = `rebind-${number}.test`;
      world.names.set(name, ['93.184.216.11'], ['10.0.0.1']);
      const options = firing(world.planner, vector, [name, name, name, name]);
      const result = await world.play({
        ...options,
        contract: { ...options.contract, resources: [`http://${name}`] },
      });
      if (result.arrivals.length > 0) return `reached: ${toldOf(result)}`;
      return result.visits.some(({ host }) => host === name)
        ? undefined
        : 'the name was not reached while it was public';
    },
  }));
}

/** The same pages, aimed at a site that the contract lists: it must be reached. */
function twinCases(): HostileCase[] {
  return PAGE_VECTORS.filter(({ twin }) => twin).map((vector) => ({
    id: `network/twin/${vector.name}`,
    group: 'network',
    run: async (world) => {
      const played = await world.play(firing(world.planner, vector, [SITE.name]));
      return played.visits.some(({ path }) => path.includes(`/${marker(0)}/`))
        ? undefined
        : `a site that is allowed was not reached; the run ${played.run.status}`;
    },
  }));
}

export function networkCases(): HostileCase[] {
  return [...unlistedCases(), ...listedCases(), ...rebindingCases(), ...twinCases()];
}
