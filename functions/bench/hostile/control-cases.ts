import type { Page } from 'playwright-core';

import { NOTATIONS } from './address-notations.ts';
import type { HostileCase, Verdict } from './hostile-case.ts';
import { aimAt } from './network-cases.ts';
import { PAGE_VECTORS, SILENT_VECTORS, VECTOR_ROUTES, vectorPage } from './page-vectors.ts';
import { EVIL, type World } from './world.ts';

const WAIT_MS = 8_000;

/** True as soon as something of this token, or of nobody, arrived. */
async function arrives(world: World, token: string, from: number): Promise<boolean> {
  for (const until = performance.now() + WAIT_MS; performance.now() < until;) {
    if (world.arrivalsOf(token, from).length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

async function inPlainBrowser(
  world: World,
  work: (page: Page) => Promise<Verdict>,
): Promise<Verdict> {
  const context = await (await world.plainBrowser()).newContext();
  try {
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

/** What proves that the corpus can fail: in a browser without protection every vector and every notation reaches the trap. */
export function controlCases(): HostileCase[] {
  const vectors = [...PAGE_VECTORS, ...SILENT_VECTORS].map((vector): HostileCase => ({
    id: `leak/control/${vector.name}`,
    group: 'leak',
    planners: ['offline'],
    alone: true,
    run: async (world) =>
      inPlainBrowser(world, async (page) => {
        const { token, url } = world.host({
          local: true,
          page: (mark) => vectorPage(vector, [aimAt(EVIL.name, mark)], 500),
          routes: VECTOR_ROUTES,
        });
        await page.goto(url);
        const from = world.trap.arrivals.length;
        await page.getByRole('button', { name: 'Fire' }).click({ noWaitAfter: true });
        return (await arrives(world, token, from))
          ? undefined
          : 'it reaches nothing even without protection: the vector proves nothing';
      }),
  }));
  const notations = NOTATIONS.map(({ name, host }): HostileCase => ({
    id: `network/control/${name}`,
    group: 'network',
    planners: ['offline'],
    alone: true,
    run: async (world) =>
      inPlainBrowser(world, async (page) => {
        const { token } = world.host({});
        const from = world.trap.arrivals.length;
        void page.goto(`http://${host}/${token}`).catch(() => undefined);
        return (await arrives(world, token, from))
          ? undefined
          : 'it reaches nothing even without protection: the notation proves nothing';
      }),
  }));
  return [...vectors, ...notations];
}
