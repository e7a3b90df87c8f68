import type { HostileCase, Verdict } from './hostile-case.ts';
import { apiOf, type HostileApi } from './platform-api.ts';
import type { World } from './world.ts';

type Try = (api: HostileApi, world: World) => Promise<Verdict>;

/** Something sent to the API: its twin, which means well, must be served before and after; else the API is simply shut. */
export function platformCase(name: string, attack: Try, twin: Try): HostileCase {
  return {
    id: `platform/${name}`,
    group: 'platform',
    planners: ['offline'],
    run: async (world) => {
      const api = await apiOf(world);
      const before = await twin(api, world);
      if (before !== undefined) return `its twin was refused: ${before}`;
      const broken = await attack(api, world);
      if (broken !== undefined) return broken;
      const after = await twin(api, world);
      return after === undefined ? undefined : `afterwards its twin was refused: ${after}`;
    },
  };
}

/** Undefined when the status is one of these. */
export async function expectStatus(
  response: Response,
  ...allowed: readonly number[]
): Promise<Verdict> {
  const text = await response.text();
  return allowed.includes(response.status)
    ? undefined
    : `${response.status} instead of ${allowed.join(' or ')}: ${text.slice(0, 200)}`;
}

/** The first that did not hold. */
export async function firstBroken(
  tries: Readonly<Record<string, () => Promise<Verdict>>>,
): Promise<Verdict> {
  for (const [name, attempt] of Object.entries(tries)) {
    const broken = await attempt();
    if (broken !== undefined) return `${name}: ${broken}`;
  }
  return undefined;
}
