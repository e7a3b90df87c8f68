import { describe, expect, it } from 'vitest';

import type { OutcomeInput } from '../../shared/contracts/outcome.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { PausedRequest } from '../../shared/policy/wire-gate.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { page, paused, unknown } from './__fixtures__/gated-page.ts';
import { finish, ORIGIN, world } from './__fixtures__/world.ts';

const more = { action: 'click' as const, target: 'e2' };
const expecting = { ...more, expect: { text: 'Order placed' } };
const order = paused('order', `${ORIGIN}/order`);
const visits = paused('visit', 'https://stats.portal.example/visit');
const API = 'https://api.other.example';

interface Case {
  readonly sent: readonly (readonly [PausedRequest, boolean])[];
  readonly step?: typeof more;
  readonly outcome?: Partial<OutcomeInput>;
  readonly contract?: object;
}

const over = (run: Run): boolean => isFinal(run) || run.status === 'waiting_human';

async function play({ sent, step = more, outcome = {}, contract = {} }: Case) {
  const { acts } = page(() => sent.map(([request]) => request), unknown, {
    isAnswered: sent.map(([, isAnswered]) => isAnswered),
    outcome,
  });
  const { executor, start, until, events, journal } = await world(
    (turn) => ({ steps: turn === 1 ? [step, finish] : [finish] }),
    acts,
  );
  await start({
    level: 'autonomous',
    resources: [API, 'https://stats.portal.example'],
    ...contract,
  });
  await executor().start();
  const run = await until(over);
  const told = (await events()).filter((event) => event.type === 'step.uncertain');
  return { run, told, journal, until };
}

const harmless = { harmless: [{ url: `${ORIGIN}/order`, method: 'POST', graphql: false }] };
const beacon = { ...order, request: { ...order.request, resource: 'ping' } };
const failed = { status: 'failed', code: 'expectation_failed' } as const;

describe('whether an act was done', () => {
  it.each<[string, Case]>([
    ['its request got no answer', { sent: [[order, false]] }],
    [
      'an expectation did not hold either',
      { sent: [[order, false]], step: expecting, outcome: failed },
    ],
    [
      'a dialog stood before what was expected',
      {
        sent: [[order, false]],
        step: expecting,
        outcome: { changed: { dialog: 'confirm Retry?' } },
      },
    ],
    [
      'only another host was answered',
      {
        sent: [
          [order, false],
          [visits, true],
        ],
      },
    ],
    ['the only request, to another host of the site, got none', { sent: [[visits, false]] }],
  ])('is not known when %s', async (_, each) => {
    const { run, told } = await play(each);
    expect(run.status).toBe('waiting_human');
    // What the act sent stays on record.
    const sent = each.sent.map(([{ request }]) => request.url);
    expect(told.map(({ gate }) => gate?.requests.map(({ url }) => url))).toEqual([sent]);
    expect(run.committing).toHaveLength(1);
  });

  it.each<[string, Case]>([
    ['the request was answered', { sent: [[order, true]] }],
    ['a beacon got no answer', { sent: [[beacon, false]] }],
    ['another site gave none', { sent: [[paused('x', `${API}/x`), false]] }],
    ['a harmless endpoint gave none', { sent: [[order, false]], contract: harmless }],
    [
      'its site answered, and its counter of visits did not',
      {
        sent: [
          [order, true],
          [visits, false],
        ],
      },
    ],
    [
      'the page sent it once more',
      {
        sent: [
          [order, false],
          [order, true],
        ],
      },
    ],
    ['what was expected came to hold', { sent: [[order, false]], step: expecting }],
  ])('is known when %s', async (_, each) => {
    const { run, told } = await play(each);
    expect(run.status).toBe('succeeded');
    expect(told).toEqual([]);
  });
});
