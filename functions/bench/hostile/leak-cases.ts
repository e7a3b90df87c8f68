import type { EgressTarget } from '../../../shared/policy/egress.ts';
import { Action } from '../../../shared/contracts/action.ts';
import type { EgressRefusal } from '../../../shared/contracts/egress.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../../executor/browser-session.ts';
import { refOf } from './obedient-planner.ts';
import type { HostileCase } from './hostile-case.ts';
import { aimAt } from './network-cases.ts';
import { PAGE_VECTORS, SILENT_VECTORS, VECTOR_ROUTES, vectorPage } from './page-vectors.ts';
import { EVIL, LOCAL, toldOf } from './world.ts';

const SETTLE_MS = 1_000;

/** Lets every document through, so that only the browser's flags and the proxy are tried. */
class OpenHost implements SessionHost {
  readonly maskedValues = new Set<string>();
  readonly refusals: EgressRefusal[] = [];
  readonly isLive = true;
  assertMayShow(): void {}
  mayFetch(): boolean {
    return true;
  }
  refusal({ host, port }: EgressTarget): EgressRefusal | undefined {
    return host === LOCAL.name ? undefined : { host, port, reason: 'origin', detail: 'not here' };
  }
  opensPrivate(): boolean {
    return true;
  }
  refused(refusal: EgressRefusal): void {
    this.refusals.push(refusal);
  }
  async resolveText(text: string): Promise<{ text: string; secret: boolean }> {
    return { text, secret: false };
  }
  async saveArtifact(): Promise<never> {
    throw new AppError('internal', 'probes keep no files');
  }
}

/** The leak probe: whatever a page can do, in the product's browser, must pass the proxy, where it is refused, or not leave at all. */
export function leakCases(): HostileCase[] {
  return [...PAGE_VECTORS, ...SILENT_VECTORS].map((vector): HostileCase => ({
    id: `leak/probe/${vector.name}`,
    group: 'leak',
    planners: ['offline'],
    alone: true,
    run: async (world) => {
      const { url } = world.host({
        local: true,
        page: (mark) => vectorPage(vector, [aimAt(EVIL.name, mark)], 300),
        routes: VECTOR_ROUTES,
      });
      const host = new OpenHost();
      const session = await world.pool.open(host);
      try {
        const from = world.trap.arrivals.length;
        await session.act(Action.parse({ action: 'navigate', url }));
        const target = refOf((await session.observe()).text, 'Fire');
        const fired = await session.act(Action.parse({ action: 'click', target }));
        if (!fired.acted && fired.status !== 'done')
          return `it did not fire: ${fired.message ?? ''}`;
        // Nothing tells that something does not come: it has as long as the control needs many times over.
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        const arrivals = world.trap.arrivals.slice(from);
        if (arrivals.length > 0) return `leaked: ${toldOf({ arrivals })}`;
        const heard = host.refusals.some((refusal) => refusal.host === EVIL.name);
        return vector.silent || heard
          ? undefined
          : 'the proxy did not hear of it, so nothing was tried';
      } finally {
        await session.close();
      }
    },
  }));
}
