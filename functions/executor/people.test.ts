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

  it("asks where the model's own safety check doubts, whatever the contract allows; the control acts", async () => {
    const hover = { action: 'hover' as const, target: 'e1' };
    for (const doubt of [undefined, 'This may buy something.']) {
      const { executor, start, until, browser, journal } = await world(() => ({
        steps: [hover, finish],
        ...(doubt !== undefined && { doubts: { 1: doubt } }),
      }));
      await start({ level: 'autonomous', commits: [{ name: 'Pay' }] });
      await executor().start();
      if (doubt !== undefined) {
        const waiting = await until((run) => run.status === 'waiting_human');
        expect(waiting.waitingFor).toMatchObject({ kind: 'approval', stepId: '1-1' });
        expect(waiting.waitingFor?.question).toContain(doubt);
        expect(browser.acts.map(({ action }) => action)).toEqual(['navigate']);
        const requestId = waiting.waitingFor?.requestId ?? '';
        await (
          await journal()
        ).append(() => [
          { type: 'human.answered', requestId, kind: 'approval', answer: 'approve' },
        ]);
      }
      expect(await until(isFinal)).toMatchObject({ status: 'succeeded', approvals: [] });
      expect(browser.acts.map(({ action }) => action)).toEqual(['navigate', 'hover']);
    }
  });

  it('asks before a credential that failed three times is typed again; a log-in that works asks nobody', async () => {
    const logIn = { action: 'type' as const, target: 'e1', text: '{{secret.password}}' };
    for (const fails of [true, false]) {
      const { executor, start, until, browser, journal } = await world(
        (turn) => ({ steps: turn <= 4 ? [logIn] : [finish] }),
        {
          act: ({ action }) => ({
            status: 'done',
            acted: true,
            ...(action === 'type' && { usedSecret: true, changed: { document: true } }),
          }),
          asksForPassword: () => fails,
        },
      );
      await start({ secrets: ['password'] });
      await executor().start();
      const typed = (): number => browser.acts.filter(({ action }) => action === 'type').length;
      if (fails) {
        const waiting = await until((run) => run.status === 'waiting_human');
        expect(waiting.waitingFor).toMatchObject({
          kind: 'input',
          facts: { credential: 'password' },
        });
        expect(typed()).toBe(3);
        const requestId = waiting.waitingFor?.requestId ?? '';
        await (
          await journal()
        ).append(() => [{ type: 'human.answered', requestId, kind: 'input', answer: 'try again' }]);
      }
      expect(await until(isFinal)).toMatchObject({ status: 'succeeded' });
      expect(typed()).toBe(4);
    }
  });

  it('takes a picture for a model that sees, once a turn, and for no other', async () => {
    for (const form of ['json', 'computer-use'] as const) {
      const { executor, start, until, events } = await world(() => ({ steps: [finish] }), {
        picture: () => new Uint8Array([1]),
      });
      await start({ planning: { form } });
      await executor().start();
      await until(isFinal);
      const saved = (await events()).flatMap((event) =>
        event.type === 'artifact.saved' ? [event.artifact.name] : [],
      );
      expect(saved).toEqual(form === 'json' ? [] : ['turn-1.png']);
    }
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

  it('begins nothing while it is paused, lets go of the run, and goes on when it is resumed', async () => {
    const { executor, start, until, journal, browser, events } = await world((turn) =>
      turn === 1 ? { steps: [{ action: 'scroll', dy: 1 }], end: 'hang' } : { steps: [finish] },
    );
    await start();
    await executor().start();
    await until((run) => run.steps === 2 && run.openIntent === undefined);
    await (await journal()).append(() => [{ type: 'run.paused', reason: 'lunch' }]);
    const paused = await until((run) => run.status === 'paused' && run.holder === undefined);
    expect(paused).toMatchObject({
      turnOpen: false,
      needsOwner: false,
      paused: { by: 'user:test' },
    });
    expect(browser.saved).toBeGreaterThan(0);
    const acts = browser.acts.length;
    await (await journal()).append(() => [{ type: 'run.resumed' }]);
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded' });
    expect(browser.acts.length).toBeGreaterThan(acts);
    const types = (await events()).map(({ type }) => type);
    const between = types.slice(types.indexOf('run.paused'), types.indexOf('run.resumed'));
    expect(between).not.toContain('step.intent');
    expect(between).not.toContain('turn.opened');
  });

  it('ends at its deadline, also while the planner is silent and while nobody answers', async () => {
    const soon = (): string => new Date(Date.now() + 300).toISOString();
    const planning = await world(() => ({ steps: [], end: 'hang' }));
    await planning.start({ deadline: soon() });
    await planning.executor().start();
    expect(await planning.until(isFinal)).toMatchObject({
      status: 'expired',
      error: { code: 'run_expired' },
    });
    const asking = await world(() => ({ steps: [pay, finish] }), { facts: payFacts });
    const deadline = soon();
    await asking.start({ deadline });
    await asking.executor().start();
    const waiting = await asking.until((run) => run.waitingFor !== undefined || isFinal(run));
    if (waiting.waitingFor) expect(waiting.waitingFor.expiresAt).toBe(deadline);
  });
});
