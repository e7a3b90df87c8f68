import { describe, expect, it } from 'vitest';

import { runPath } from '../../shared/contracts/paths.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { finish, pay, payFacts, RUN, world } from './__fixtures__/world.ts';

const base = { schemaVersion: 1 as const, tenantId: 'local', runId: RUN };

describe('messages', () => {
  it('a hundred wake-ups and plan requests: one effect', async () => {
    const made = await world((turn) => ({ steps: turn === 1 ? [pay, finish] : [finish] }), {
      facts: payFacts,
    });
    await made.start({ commits: [{ name: 'Pay' }] });
    await Promise.all([made.executor().start(), made.executor().start()]);
    for (let count = 0; count < 100; count += 1) {
      await made.bus.publish({ type: 'run.ready', ...base });
      await made.bus.publish({ type: 'plan.requested', ...base, planEpoch: 1 });
      await made.bus.publish({ type: 'step.ready', ...base, stepId: '1-1' });
    }
    expect((await made.until(isFinal)).status).toBe('succeeded');
    expect(made.browser.acts.filter(({ action }) => action === 'click')).toHaveLength(1);
  });

  it('a run of a newer release is left alone', async () => {
    const made = await world(() => ({ steps: [finish] }));
    const { run } = await made.start();
    const path = runPath('local', RUN);
    const version = (await made.store.get(path))?.version ?? '';
    const newer = { ...run, schemaVersion: 2, somethingNew: true };
    await made.store.commit([{ op: 'update', path, data: newer, ifVersion: version }]);
    const executor = made.executor();
    await executor.start();
    await made.bus.publish({ type: 'run.ready', ...base });
    await executor.stop();
    expect((await made.store.get(path))?.data).toEqual(newer);
    expect(made.browser.opened).toBe(0);
    expect(await made.bus.deadLetters('rodex-steps')).toEqual([]);
  });
});
