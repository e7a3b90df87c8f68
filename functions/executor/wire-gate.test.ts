import { describe, expect, it } from 'vitest';

import type { Run } from '../../shared/contracts/run.ts';
import { digestOf } from '../../shared/core/digest.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { PausedRequest } from '../../shared/policy/wire-gate.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { FakePage } from './__fixtures__/fake-browser.ts';
import { page, paused, unknown } from './__fixtures__/gated-page.ts';
import { finish, ORIGIN, pay, payFacts, world } from './__fixtures__/world.ts';

const more = { action: 'click' as const, target: 'e2' };
const say = async (journal: RunJournal, answer: string): Promise<Run> =>
  journal.append((run) => [
    {
      type: 'human.answered',
      requestId: run.waitingFor?.requestId ?? '',
      kind: 'approval',
      answer,
    },
  ]);
const waits = (run: Run): boolean => run.status === 'waiting_human';

describe('what a step would send', () => {
  it('goes to the hosts of the contract under standard, and is on record', async () => {
    const { left, acts } = page(() => [paused('a')]);
    const { executor, start, until, events } = await world(() => ({ steps: [more, finish] }), acts);
    await start();
    await executor().start();
    expect((await until(isFinal)).status).toBe('succeeded');
    expect(left).toEqual([`${ORIGIN}/api a`]);
    const ended = (await events()).findLast((event) => event.type === 'step.ended');
    expect(ended).toMatchObject({
      outcome: {
        gate: { commits: true, requests: [{ method: 'POST', verdict: 'passed', by: 'level' }] },
      },
    });
  });

  it('makes its control a commit from then on, unless it was a beacon or an endpoint marked harmless', async () => {
    for (const [contract, request, asked] of [
      [{}, paused('a'), true],
      [
        { harmless: [{ url: `${ORIGIN}/api`, method: 'POST', graphql: false }] },
        paused('a'),
        false,
      ],
      [{}, { ...paused('a'), request: { ...paused('a').request, resource: 'ping' } }, false],
    ] as const) {
      const { acts } = page(() => [request]);
      const { executor, start, until } = await world(
        (turn) => ({ steps: turn === 1 ? [more] : [more, finish] }),
        acts,
      );
      await start({
        ...contract,
        harmless: [...('harmless' in contract ? contract.harmless : [])],
      });
      await executor().start();
      const run = await until((now) => isFinal(now) || waits(now));
      expect(run.status).toBe(asked ? 'waiting_human' : 'succeeded');
    }
  });

  it('waits for a person under strict, with the facts of the request; a yes lets exactly it go, once', async () => {
    const { left, acts } = page(() => [
      paused('{"amount":"10 EUR"}', `${ORIGIN}/api`, {
        shown: [{ name: 'amount', value: '10 EUR' }],
      }),
    ]);
    const { executor, start, until, events, journal } = await world(
      () => ({ steps: [more, finish] }),
      acts,
    );
    await start({ level: 'strict' });
    await executor().start();
    const run = await until(waits);
    expect(left).toEqual([]);
    expect(run.waitingFor).toMatchObject({
      kind: 'approval',
      facts: {
        request: `POST ${ORIGIN}/api`,
        fields: [{ label: 'amount', value: '10 EUR' }],
        amounts: ['10 EUR'],
      },
    });
    await say(await journal(), 'approve');
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded', approvals: [] });
    expect(left).toHaveLength(1);
    const types = (await events()).map(({ type }) => type);
    expect(types.indexOf('step.let-go')).toBeGreaterThan(types.indexOf('human.answered'));
    expect(types.indexOf('step.let-go')).toBeLessThan(types.lastIndexOf('step.ended'));
  });

  it('does not leave on a no, and the plan hears of it', async () => {
    const { left, acts } = page(() => [paused('a'), paused('b')]);
    const { executor, start, until, events, journal } = await world(
      (turn) => ({ steps: turn === 1 ? [more] : [finish] }),
      acts,
    );
    await start({ level: 'strict' });
    await executor().start();
    await until(waits);
    await say(await journal(), 'deny');
    await until(isFinal);
    expect(left).toEqual([]);
    const log = await events();
    expect(log.filter(({ type }) => type === 'human.requested')).toHaveLength(1);
    expect(
      log.findLast((event) => event.type === 'step.ended' && event.stepId === '1-1'),
    ).toMatchObject({
      outcome: { status: 'failed', code: 'approval_denied' },
    });
  });

  it('asks for a host that only resources come from, also under standard', async () => {
    const { left, acts } = page(() => [paused('a', 'https://cdn.example/collect')]);
    const { executor, start, until } = await world(() => ({ steps: [more, finish] }), acts);
    await start({ resources: ['https://cdn.example'] });
    await executor().start();
    expect((await until(waits)).waitingFor?.question).toContain('https://cdn.example');
    expect(left).toEqual([]);
  });

  it('fails for a host that the contract does not name, without asking anybody', async () => {
    const { left, acts } = page(() => [paused('a', 'https://evil.example/x')]);
    const { executor, start, until } = await world(
      (turn) => ({ steps: turn === 1 ? [more] : [finish] }),
      acts,
    );
    await start({ level: 'autonomous' });
    await executor().start();
    expect((await until(isFinal)).status).toBe('succeeded');
    expect(left).toEqual([]);
  });

  it('parks a run whose person is slow; the yes that comes later holds for the same request in a new browser', async () => {
    const { left, acts } = page(() => [paused('same')]);
    const { executor, start, until, journal, events, browser } = await world(
      () => ({ steps: [more, finish] }),
      acts,
    );
    await start({ level: 'strict', holdMs: 0 });
    await executor().start();
    await until((run) => waits(run) && run.holder === undefined);
    expect(left).toEqual([]);
    const held = (await events()).findLast((event) => event.type === 'step.ended');
    expect(held).toMatchObject({
      outcome: { status: 'failed', code: 'needs_approval', gate: { held: true } },
    });
    await say(await journal(), 'approve');
    expect((await until(isFinal)).status).toBe('succeeded');
    expect(left).toEqual([`${ORIGIN}/api same`]);
    expect(browser.opened).toBe(2);
    expect((await events()).filter(({ type }) => type === 'human.requested')).toHaveLength(1);
  });

  it('asks anew when what would leave changed after the yes', async () => {
    let times = 0;
    const { left, acts } = page(() => [paused(`amount=${(times += 1) === 1 ? 10 : 1_000}`)]);
    const { executor, start, until, journal, events } = await world(
      () => ({ steps: [more, finish] }),
      acts,
    );
    await start({ level: 'strict', holdMs: 0 });
    await executor().start();
    await until((run) => waits(run) && run.holder === undefined);
    await say(await journal(), 'approve');
    await until((run) => waits(run) && times === 2);
    expect(left).toEqual([]);
    expect((await events()).filter(({ type }) => type === 'human.requested')).toHaveLength(2);
  });

  it('lets a commit that a person approved send what was approved, and nothing else', async () => {
    const form = {
      method: 'post' as const,
      action: `${ORIGIN}/pay`,
      hasPassword: false,
      scripted: false,
      fields: [{ name: 'amount', label: 'Amount', type: 'text', valueDigest: digestOf('10') }],
    };
    const facts: FakePage['facts'] = (action) =>
      action.action === 'click' ? { ...payFacts(action), form } : {};
    for (const [url, value, asked] of [
      [`${ORIGIN}/pay`, '10', 1],
      [`${ORIGIN}/pay`, '1000', 2],
      [`${ORIGIN}/other`, '10', 2],
    ] as const) {
      const sent = paused(`amount=${value}`, url, {
        fields: [{ name: 'amount', valueDigest: digestOf(value) }],
      });
      const { left, acts } = page(() => [sent], facts);
      const { executor, start, until, journal, events } = await world(
        () => ({ steps: [pay, finish] }),
        acts,
      );
      await start();
      await executor().start();
      await until(waits);
      await say(await journal(), 'approve');
      await until((run) => isFinal(run) || (waits(run) && run.openIntent !== undefined));
      expect((await events()).filter(({ type }) => type === 'human.requested')).toHaveLength(asked);
      expect(left).toHaveLength(asked === 1 ? 1 : 0);
    }
  });

  it('lets a control that the contract names send to the hosts of the contract', async () => {
    const { left, acts } = page(() => [paused('a')], payFacts);
    const { executor, start, until } = await world(() => ({ steps: [pay, finish] }), acts);
    await start({ level: 'strict', commits: [{ name: 'Pay' }] });
    await executor().start();
    expect((await until(isFinal)).status).toBe('succeeded');
    expect(left).toHaveLength(1);
  });

  it('keeps what came after the act, and asks nobody for it', async () => {
    let judge: ((request: PausedRequest, late: boolean) => Promise<boolean>) | undefined;
    let left: boolean | undefined;
    const wait = { action: 'wait' as const, ms: 1 };
    const { executor, start, until, events } = await world(
      (turn) => ({ steps: turn === 1 ? [more, wait] : [finish] }),
      {
        facts: unknown,
        act: async (action, _host, _signal, gate) => {
          if (action.action === 'click') judge = gate;
          if (action.action === 'wait') left = await judge?.(paused('later'), true);
          return { status: 'done', acted: true };
        },
      },
    );
    await start({ level: 'strict' });
    await executor().start();
    await until(isFinal);
    expect(left).toBe(false);
    const log = await events();
    expect(log.some(({ type }) => type === 'human.requested')).toBe(false);
    expect(log.find((event) => event.type === 'step.late')).toMatchObject({
      stepId: '1-1',
      gate: { requests: [{ verdict: 'failed', by: 'level' }] },
    });
  });
});
