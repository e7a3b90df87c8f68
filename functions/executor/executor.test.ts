import { describe, expect, it } from 'vitest';

import { verifyRunLog } from '../../shared/audit/verify-run-log.ts';
import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { finish, pay, payFacts, RUN, world, type World } from './__fixtures__/world.ts';

const kinds = (events: readonly LogEvent[]): string[] => events.map(({ type }) => type);

describe('executor', () => {
  it('writes an intent before each act and the outcome after it, and releases the run at its end', async () => {
    const { executor, start, until, events, browser, store } = await world(() => ({
      steps: [{ action: 'scroll', dy: 10 }, finish],
    }));
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded', steps: 2 });
    await until((run) => run.holder === undefined);
    expect(kinds(await events())).toEqual([
      'run.created',
      'lease.taken',
      'browser.opened',
      'step.intent',
      'step.ended',
      'turn.opened',
      'step.intent',
      'step.ended',
      'turn.closed',
      'run.ended',
      'lease.released',
    ]);
    expect(browser.acts.map(({ action }) => action)).toEqual(['navigate', 'scroll']);
    expect(await verifyRunLog(store, 'local', RUN)).toMatchObject({ ok: true });
  });

  it('holds a commit until the plan is complete, while reads and writes already act', async () => {
    let complete: () => void = () => undefined;
    const hold = new Promise<void>((resolve) => (complete = resolve));
    const plans = await world(
      () => ({ steps: [{ action: 'type', target: 'e2', text: 'x' }, pay, finish], hold }),
      { facts: payFacts },
    );
    await plans.start({ commits: [{ name: 'Pay' }] });
    await plans.executor().start();
    await plans.until((run) => run.steps === 2 && run.openIntent === undefined);
    expect(plans.browser.acts.map(({ action }) => action)).toEqual(['navigate', 'type']);
    complete();
    expect((await plans.until(isFinal)).status).toBe('succeeded');
    expect(plans.browser.acts.map(({ action }) => action)).toEqual(['navigate', 'type', 'click']);
  });

  it('drops a held commit when the stream breaks', async () => {
    const error = { code: 'model_stream_broken' as const, message: 'cut', retryable: true };
    const { executor, start, until, browser, events } = await world(
      (turn) => (turn === 1 ? { steps: [pay], end: 'broken', error } : { steps: [finish] }),
      { facts: payFacts },
    );
    await start({ commits: [{ name: 'Pay' }] });
    await executor().start();
    expect((await until(isFinal)).status).toBe('succeeded');
    expect(browser.acts.map(({ action }) => action)).toEqual(['navigate']);
    expect(kinds(await events())).not.toContain('step.uncertain');
  });

  it('ends as failed with the code of a planner that gives up for good', async () => {
    const error = { code: 'model_rejected' as const, message: 'bad key', retryable: false };
    const { executor, start, until } = await world(() => ({ steps: [], end: 'broken', error }));
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({
      status: 'failed',
      error: { code: 'model_rejected' },
    });
  });

  it('stops at the budget of turns and when nothing is done any more', async () => {
    const stuck = (): Promise<World> => world(() => ({ steps: [] }));
    const first = await stuck();
    await first.start({
      budgets: { steps: 10, turns: 2, promptTokens: 1e6, outputTokens: 1e6, timeMs: 60_000 },
    });
    await first.executor().start();
    expect(await first.until(isFinal)).toMatchObject({
      status: 'failed',
      planEpoch: 2,
      error: { code: 'budget_exhausted' },
    });
    const second = await stuck();
    await second.start();
    await second.executor().start();
    expect(await second.until(isFinal)).toMatchObject({
      status: 'failed',
      error: { code: 'no_progress' },
    });
  });

  it('keeps data that is too large for the log as an artifact, and returns it as one', async () => {
    const rows = Array.from({ length: 20_000 }, (_row, index) => ({
      number: index,
      text: 'x'.repeat(40),
    }));
    const { executor, start, until } = await world(
      () => ({
        steps: [
          { action: 'extract', fields: [{ name: 'number' }] },
          {
            ...finish,
            result: { rows: { $step: '1-1' }, first: { $step: '1-1', path: '0.number' } },
          },
        ],
      }),
      {
        act: (action) => ({
          status: 'done',
          acted: false,
          ...(action.action === 'extract' && { data: rows }),
        }),
      },
    );
    await start();
    await executor().start();
    const run = await until(isFinal);
    expect(run).toMatchObject({ status: 'succeeded', result: { $artifact: 'result.json' } });
  });

  it('stops in the middle of a plan when the budget of steps is spent', async () => {
    const scroll = { action: 'scroll' as const, dy: 1 };
    const { executor, start, until, browser } = await world(() => ({
      steps: [scroll, scroll, scroll, scroll, finish],
    }));
    await start({
      budgets: { steps: 3, turns: 9, promptTokens: 1e6, outputTokens: 1e6, timeMs: 60_000 },
    });
    await executor().start();
    expect(await until(isFinal)).toMatchObject({
      status: 'failed',
      steps: 3,
      error: { code: 'budget_exhausted' },
    });
    expect(browser.acts).toHaveLength(3);
  });

  it('lets a run be accepted and go on while the bus is down', async () => {
    const made = await world(() => ({ steps: [finish] }));
    await made.start();
    const { publish } = made.bus;
    made.bus.publish = async () => {
      throw new Error('down');
    };
    await made.executor().start();
    await made.until((run) => run.turnOpen);
    made.bus.publish = publish.bind(made.bus);
    await made.bus.publish({
      type: 'plan.requested',
      schemaVersion: 1,
      tenantId: 'local',
      runId: RUN,
      planEpoch: 1,
    });
    expect((await made.until(isFinal)).status).toBe('succeeded');
  });

  it('goes on with a run whose first page was given up because its executor was told to stop', async () => {
    const begun: (() => void)[] = [];
    const acting = new Promise<void>((resolve) => begun.push(resolve));
    const { executor, start, until } = await world(() => ({ steps: [finish] }), {
      act: async (_action, _host, signal) => {
        if (signal === undefined || begun.length === 0) return { status: 'done', acted: true };
        begun.pop()?.();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return { status: 'failed', code: 'run_cancelled', acted: false };
      },
    });
    await start();
    const first = executor();
    await first.start();
    await acting;
    await first.stop();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded' });
  });
});
