import { expect, it } from 'vitest';

import type { PausedRequest } from '../../shared/policy/wire-gate.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { page, paused, unknown } from './__fixtures__/gated-page.ts';
import { finish, ORIGIN, world } from './__fixtures__/world.ts';

const more = { action: 'click' as const, target: 'e2' };

it.each<[string, Partial<PausedRequest['request']>, object, boolean]>([
  ['of the page', {}, {}, true],
  ['that is a beacon', { resource: 'ping' }, {}, false],
  ['to another site', { url: 'https://api.other.example/x' }, {}, false],
  [
    'to a harmless endpoint',
    {},
    { harmless: [{ url: `${ORIGIN}/api`, method: 'POST', graphql: false }] },
    false,
  ],
])(
  'an unanswered request %s leaves it open whether it was done',
  async (_, given, contract, isUncertain) => {
    const one = paused('a');
    const request = { ...one.request, ...given };
    const { acts } = page(() => [{ ...one, request }], unknown, false);
    const { executor, start, until, events } = await world(() => ({ steps: [more, finish] }), acts);
    await start({ level: 'autonomous', resources: ['https://api.other.example'], ...contract });
    await executor().start();
    const run = await until((now) => isFinal(now) || now.status === 'waiting_human');
    expect(run.status).toBe(isUncertain ? 'waiting_human' : 'succeeded');
    const told = (await events()).filter((event) => event.type === 'step.uncertain');
    // What the act sent stays on record.
    expect(told.map(({ gate }) => gate?.requests.map(({ url }) => url))).toEqual(
      isUncertain ? [[`${ORIGIN}/api`]] : [],
    );
  },
);

it('an expectation that holds says more than an answer that is missing', async () => {
  const { acts } = page(() => [paused('a')], unknown, false);
  const proven = { ...more, expect: { text: 'Order placed' } };
  const { executor, start, until } = await world(() => ({ steps: [proven, finish] }), acts);
  await start();
  await executor().start();
  expect((await until((now) => isFinal(now) || now.status === 'waiting_human')).status).toBe(
    'succeeded',
  );
});
