import { describe, expect, it } from 'vitest';

import { isFinal } from '../../shared/runs/run-machine.ts';
import { finish, pay, payFacts, world } from './__fixtures__/world.ts';

describe('people and runs', () => {
  it('asks for a commit that the contract does not name; a yes lets exactly that act, once', async () => {
    const { executor, start, until, browser, journal, events } = await world(
      () => ({ steps: [pay, finish] }),
      { facts: (action) => ({ ...payFacts(action), near: 'Row 9' }) },
    );
    await start();
    await executor().start();
    const waiting = await until((run) => run.status === 'waiting_human');
    expect(waiting.waitingFor).toMatchObject({
      kind: 'approval',
      commitName: 'Pay',
      facts: { near: 'Row 9', url: 'https://portal.example/' },
    });
    expect(browser.acts).toHaveLength(1);
    await (
      await journal()
    ).append((run) => [
      {
        type: 'human.answered',
        requestId: run.waitingFor?.requestId ?? '',
        kind: 'approval',
        answer: 'approve',
      },
    ]);
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded', approvals: [] });
    expect(browser.acts.map(({ action }) => action)).toEqual(['navigate', 'click']);
    expect((await events()).filter(({ type }) => type === 'human.requested')).toHaveLength(1);
  });

  it('asks before a model that lost its thread commits the very same again', async () => {
    const { executor, start, until, browser } = await world(
      (turn) => ({ steps: turn <= 2 ? [pay] : [finish] }),
      { facts: payFacts },
    );
    await start({ commits: [{ name: 'Pay' }] });
    await executor().start();
    const waiting = await until((run) => run.status === 'waiting_human');
    expect(waiting.waitingFor?.question).toContain('already done in this run');
    expect(browser.acts.filter(({ action }) => action === 'click')).toHaveLength(1);
  });

  it('does not act on a no', async () => {
    const { executor, start, until, browser, journal } = await world(
      (turn) =>
        turn === 1
          ? { steps: [pay] }
          : { steps: [{ ...finish, status: 'failure' as const, summary: 'denied' }] },
      { facts: payFacts },
    );
    await start();
    await executor().start();
    await until((run) => run.status === 'waiting_human');
    await (
      await journal()
    ).append((run) => [
      {
        type: 'human.answered',
        requestId: run.waitingFor?.requestId ?? '',
        kind: 'approval',
        answer: 'deny',
      },
    ]);
    expect(await until(isFinal)).toMatchObject({
      status: 'failed',
      error: { code: 'goal_failed' },
    });
    expect(browser.acts.map(({ action }) => action)).toEqual(['navigate']);
  });

  it('parks a run that waits, and goes on with it in a new browser after the answer', async () => {
    const { executor, start, until, browser, journal, events } = await world(
      () => ({ steps: [pay, finish] }),
      { facts: payFacts },
    );
    await start({ holdMs: 0 });
    await executor().start();
    await until((run) => run.status === 'waiting_human' && run.holder === undefined);
    expect(browser.saved).toBeGreaterThan(0);
    await (
      await journal()
    ).append((run) => [
      {
        type: 'human.answered',
        requestId: run.waitingFor?.requestId ?? '',
        kind: 'approval',
        answer: 'approve',
      },
    ]);
    expect((await until(isFinal)).status).toBe('succeeded');
    expect(browser.opened).toBe(2);
    expect(
      (await events()).filter(
        (event) => event.type === 'step.intent' && event.action.action === 'click',
      ),
    ).toHaveLength(1);
  });

  it('cancels between steps', async () => {
    const { executor, start, until, journal } = await world(() => ({
      steps: [{ action: 'scroll', dy: 1 }],
      end: 'hang',
    }));
    await start();
    await executor().start();
    await until((run) => run.steps === 2);
    await (await journal()).append(() => [{ type: 'run.cancel-requested', reason: '' }]);
    expect(await until(isFinal)).toMatchObject({
      status: 'cancelled',
      error: { code: 'run_cancelled' },
    });
  });

  it('treats a commit that acted and whose answer is not known as uncertain, whatever the page said', async () => {
    for (const code of ['site_unreachable', 'expectation_failed', 'action_failed'] as const) {
      const { executor, start, until, browser } = await world(
        (turn) => ({ steps: turn === 1 ? [pay] : [finish] }),
        {
          facts: payFacts,
          act: (action) =>
            action.action === 'click'
              ? { status: 'failed', code, acted: true, message: 'no answer' }
              : { status: 'done', acted: true },
        },
      );
      await start({ commits: [{ name: 'Pay' }] });
      await executor().start();
      expect((await until((run) => run.status === 'waiting_human')).waitingFor?.kind).toBe(
        'uncertain',
      );
      expect(browser.acts.filter(({ action }) => action === 'click')).toHaveLength(1);
    }
  });

  it('says so when it is cancelled while a commit is in doubt', async () => {
    const { executor, start, until, journal } = await world(() => ({ steps: [pay] }), {
      facts: payFacts,
      act: (action) =>
        action.action === 'click'
          ? { status: 'timeout', code: 'action_timeout', acted: true }
          : { status: 'done', acted: true },
    });
    await start({ commits: [{ name: 'Pay' }] });
    await executor().start();
    await until((run) => run.status === 'waiting_human');
    await (await journal()).append(() => [{ type: 'run.cancel-requested', reason: '' }]);
    const run = await until(isFinal);
    expect(run).toMatchObject({
      status: 'cancelled',
      turnOpen: false,
      error: { code: 'run_cancelled', details: { uncertainStep: '1-1' } },
    });
    expect(run.error?.message).toContain('look it up');
  });
});
