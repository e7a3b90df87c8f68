import { describe, expect, it } from 'vitest';

import { isFinal } from '../../shared/runs/run-machine.ts';
import { finish, world } from './__fixtures__/world.ts';

/** Faults 49 and 51 as the run sees them; what the stream itself does to us is judged in planner/gemini. */
describe('a model that breaks the contract of plans', () => {
  const broken = { steps: [{ invalid: 'target: is required' }], end: 'broken' as const };

  it('is told what was wrong and asked again, twice', async () => {
    const { executor, start, until, events, browser } = await world((turn) =>
      turn <= 2 ? broken : { steps: [finish] },
    );
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded', planEpoch: 3 });
    const refused = (await events()).filter(({ type }) => type === 'step.refused');
    expect(refused).toMatchObject([
      { stepId: '1-1', error: { code: 'model_invalid_plan', message: 'target: is required' } },
      { stepId: '2-1', error: { code: 'model_invalid_plan' } },
    ]);
    expect(browser.acts.map(({ action }) => action)).toEqual(['navigate']);
  });

  it('ends the run when it does so three times in a row', async () => {
    const { executor, start, until } = await world(() => broken);
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({
      status: 'failed',
      planEpoch: 3,
      error: { code: 'model_invalid_plan' },
    });
  });

  it('starts the count anew with each plan that was one', async () => {
    const wait = { action: 'hover' as const, target: 'e1' };
    const { executor, start, until } = await world((turn) =>
      turn === 7 ? { steps: [finish] } : turn % 3 === 0 ? { steps: [wait] } : broken,
    );
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded', planEpoch: 7 });
  });
});
