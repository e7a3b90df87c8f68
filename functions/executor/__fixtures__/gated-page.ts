import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import type { PausedRequest } from '../../../shared/policy/wire-gate.ts';
import { digestOf } from '../../../shared/core/digest.ts';
import type { FakePage } from './fake-browser.ts';
import { ORIGIN } from './world.ts';

export const unknown: FakePage['facts'] = (action) =>
  action.action === 'click' ? { name: 'More', role: 'button', listeners: true } : {};

export const paused = (
  body: string,
  url = `${ORIGIN}/api`,
  given: Partial<PausedRequest> = {},
): PausedRequest => ({
  request: {
    method: 'POST',
    url,
    origin: new URL(url).origin,
    resource: 'fetch',
    bodyDigest: digestOf(body),
    form: false,
  },
  body,
  fields: undefined,
  shown: undefined,
  ...given,
});

/** A page whose click sends these requests and ends so; remembers which left. `isAnswered`: by the request's place. */
export function page(
  requests: () => readonly PausedRequest[],
  facts = unknown,
  end: { isAnswered?: readonly boolean[]; outcome?: Partial<OutcomeInput> } = {},
): { left: string[]; acts: Partial<FakePage> } {
  const left: string[] = [];
  const acts: Partial<FakePage> = {
    facts,
    act: async (action, _host, _signal, gate, ended) => {
      if (action.action !== 'click') return { status: 'done', acted: true };
      for (const [at, each] of requests().entries())
          if (!gate || (await gate(each, false))) {
            left.push(`${each.request.url} ${each.body ?? ''}`);
            ended?.(each.request, end.isAnswered?.[at] ?? true);
          }
      return { status: 'done', acted: true, ...end.outcome };
    },
  };
  return { left, acts };
}
