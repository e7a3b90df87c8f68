import { describe, expect, it } from 'vitest';

import { leasePath } from '../../shared/contracts/paths.ts';
import { systemClock, type Clock } from '../../shared/core/clock.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { finish, pay, payFacts, RUN, world, type World } from './__fixtures__/world.ts';

/** A clock that goes fifty times as fast: a shutdown's ten seconds are two tenths. */
const fast: Clock = {
  ...systemClock,
  monotonicMs: () => systemClock.monotonicMs() * 50,
  sleep: async (ms, signal) => systemClock.sleep(ms / 50, signal),
};
const commits = [{ name: 'Pay' }];

async function released({ store, events }: World): Promise<void> {
  expect((await store.get(leasePath('local', RUN)))?.data).toMatchObject({ released: true });
  expect((await events()).at(-1)).toMatchObject({ type: 'lease.released', reason: 'shutdown' });
}

describe('an executor that is told to stop', () => {
  it("releases an idle run's lease at once, and tells the others", async () => {
    const made = await world(() => ({ steps: [], end: 'hang' }), {}, fast);
    await made.start();
    const first = made.executor();
    await first.start();
    await made.until((run) => run.turnOpen);
    const told: string[] = [];
    await made.bus.subscribe(
      { topic: 'rodex-steps', subscription: 'others', maxInFlight: 4 },
      async ({ type }) => void told.push(type),
    );
    await first.stop();
    await released(made);
    expect(made.browser.saved).toBe(1);
    await expect.poll(() => told).toContain('run.ready');
  });

  it('lets an act that changes something come to its end', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const made = await world(
      () => ({ steps: [pay, finish] }),
      {
        facts: payFacts,
        act: async (action) => {
          if (action.action !== 'click') return { status: 'done', acted: true };
          begin();
          await fast.sleep(4_000);
          return { status: 'done', acted: true };
        },
      },
      fast,
    );
    await made.start({ commits });
    const first = made.executor();
    await first.start();
    await begun;
    await first.stop();
    await released(made);
    const events = await made.events();
    expect(events).toContainEqual(expect.objectContaining({ type: 'step.ended', stepId: '1-1' }));
    expect(events.map(({ type }) => type)).not.toContain('step.uncertain');
  });

  it('gives up an act that takes too long, and leaves it uncertain', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const made = await world(
      () => ({ steps: [pay, finish] }),
      {
        facts: payFacts,
        act: async (action, _host, signal) => {
          if (action.action !== 'click') return { status: 'done', acted: true };
          begin();
          await fast.sleep(60_000, signal).catch(() => undefined);
          return { status: 'failed', code: 'run_cancelled', acted: true };
        },
      },
      fast,
    );
    await made.start({ commits });
    const first = made.executor();
    await first.start();
    await begun;
    await first.stop();
    await released(made);
    expect((await made.events()).map(({ type }) => type)).toContain('step.uncertain');
    const run = (await made.journal()).run;
    expect(run).toMatchObject({ openIntent: { stepId: '1-1' }, waitingFor: { kind: 'uncertain' } });
  });

  it('is followed by another that goes on', async () => {
    const made = await world((turn) =>
      turn === 1 ? { steps: [{ action: 'scroll', dy: 1 }], end: 'hang' } : { steps: [finish] },
    );
    await made.start();
    const first = made.executor();
    await first.start();
    await made.until((run) => run.steps === 2 && run.openIntent === undefined);
    await first.stop();
    await made.executor().start();
    expect(await made.until(isFinal)).toMatchObject({ status: 'succeeded', leaseEpoch: 2 });
  });
});
