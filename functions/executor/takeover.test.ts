import { describe, expect, it } from 'vitest';

import type { TaskContract } from '../../shared/contracts/task-contract.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { FakePage } from './__fixtures__/fake-browser.ts';
import type { FakePlan } from './__fixtures__/fake-planner.ts';
import { finish, ORIGIN, pay, payFacts, world, type World } from './__fixtures__/world.ts';

describe('a commit whose outcome was lost', () => {
  /** The click reaches the page, then the browser dies before its outcome is known. */
  const losing = (worldOf: () => World): Partial<FakePage> => ({
    facts: payFacts,
    act: (action) => {
      if (action.action !== 'click') return { status: 'done', acted: true };
      worldOf().browser.lose();
      return { status: 'failed', code: 'browser_lost', message: 'gone', acted: true };
    },
  });
  const plan = (turn: number): FakePlan =>
    turn === 1 ? { steps: [pay, finish] } : { steps: [finish] };
  const commits = [{ name: 'Pay' }];
  const probe = { commit: 'Pay', url: `${ORIGIN}/payments`, text: 'paid', absent: 'no payments' };

  async function lost(lookUp: string, contract: Partial<TaskContract>): Promise<World> {
    const made: World = await world(plan, { ...losing(() => made), lookUp: () => lookUp });
    await made.start({ commits, ...contract });
    await made.executor().start();
    return made;
  }
  const clicks = ({ browser }: World): number =>
    browser.acts.filter(({ action }) => action === 'click').length;

  it('is found out by the probe, and not repeated', async () => {
    const made = await lost('You PAID on Monday', { probes: [probe] });
    expect((await made.until(isFinal)).status).toBe('succeeded');
    expect(clicks(made)).toBe(1);
    expect(await made.events()).toContainEqual(
      expect.objectContaining({ type: 'step.resolved', verdict: 'acted', by: 'probe' }),
    );
    expect(made.browser.lookedUp).toEqual([`${ORIGIN}/payments`]);
  });

  it('counts as not done when the probe shows that', async () => {
    const made = await lost('There are no payments.', { probes: [probe] });
    expect((await made.until(isFinal)).status).toBe('succeeded');
    expect(await made.events()).toContainEqual(
      expect.objectContaining({ type: 'step.resolved', verdict: 'not-acted' }),
    );
  });

  it.each([
    ['the probe cannot tell', 'Please log in', [probe]],
    ['there is no probe', '', []],
  ])('goes to a human when %s', async (_name, lookUp, probes) => {
    const made = await lost(lookUp, { probes });
    const waiting = await made.until((run) => run.status === 'waiting_human');
    expect(waiting).toMatchObject({
      waitingFor: { kind: 'uncertain' },
      openIntent: { stepId: '1-1' },
    });
    await (
      await made.journal()
    ).append((run) => [
      {
        type: 'human.answered',
        requestId: run.waitingFor?.requestId ?? '',
        kind: 'uncertain',
        stepId: '1-1',
        answer: 'acted',
      },
    ]);
    expect((await made.until(isFinal)).status).toBe('succeeded');
    expect(clicks(made)).toBe(1);
  });
});

describe('two commits of one name', () => {
  it('asks about the second, since a probe would find the first', async () => {
    let clicks = 0;
    const made: World = await world(
      (turn) => ({ steps: turn <= 2 ? [{ ...pay, target: `e${turn}` }] : [finish] }),
      {
        facts: (action) => ({
          ...payFacts(action),
          near: `row ${'target' in action ? action.target : ''}`,
        }),
        act: (action) => {
          if (action.action !== 'click') return { status: 'done', acted: true };
          clicks += 1;
          return clicks === 1
            ? { status: 'done', acted: true }
            : { status: 'timeout', code: 'action_timeout', acted: true };
        },
        lookUp: () => 'paid',
      },
    );
    const probe = { commit: 'Pay', url: `${ORIGIN}/payments`, text: 'paid' };
    await made.start({ commits: [{ name: 'Pay' }], probes: [probe] });
    await made.executor().start();
    const waiting = await made.until((run) => run.status === 'waiting_human');
    expect(waiting.waitingFor).toMatchObject({ kind: 'uncertain', stepId: '2-1' });
    expect(made.browser.lookedUp).toEqual([]);
  });
});

describe('takeover', () => {
  it('takes a run up at once whose holder is gone, closes its turn and plans anew', async () => {
    let turns = 0;
    const made = await world((turn) => {
      turns = turn;
      return turn === 1
        ? { steps: [{ action: 'scroll', dy: 1 }], end: 'hang' }
        : { steps: [finish] };
    });
    await made.start();
    await made.executor().start();
    await made.until((run) => run.steps === 2);
    // The first executor is declared gone without having stopped: its later writes must be refused.
    await made.executor().start();
    expect((await made.until(isFinal)).status).toBe('succeeded');
    expect(turns).toBe(2);
    const events = await made.events();
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'lease.taken', leaseEpoch: 2, takeover: true }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'turn.closed', reason: 'takeover' }),
    );
  });
});
