import { afterEach, describe, expect, it } from 'vitest';

import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { LogEntry, LogEvent } from '../../shared/contracts/log-entry.ts';
import { logPath, runPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { verifyRunLog } from '../../shared/audit/verify-run-log.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { openMemoryMessageBus } from '../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { FakeBrowser, type FakePage } from './__fixtures__/fake-browser.ts';
import { startFakePlanner, type FakePlan } from './__fixtures__/fake-planner.ts';
import type { ExecutorDeps } from './deps.ts';
import { Executor } from './executor.ts';

const RUN = 'run_00000000000000000000';
const ORIGIN = 'https://portal.example';
const finish = { action: 'finish' as const, status: 'success' as const, summary: 'done' };
const pay = { action: 'click' as const, target: 'e1' };
const payFacts: FakePage['facts'] = (action) =>
  action.action === 'click'
    ? {
        name: 'Pay',
        submits: true,
        form: { method: 'post', action: `${ORIGIN}/pay`, hasPassword: false, fields: [] },
      }
    : {};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

interface World {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly browser: FakeBrowser;
  readonly executor: () => Executor;
  start(contract?: Partial<TaskContract>): Promise<RunJournal>;
  journal(): Promise<RunJournal>;
  events(): Promise<LogEvent[]>;
  until(holds: (run: Run) => boolean): Promise<Run>;
}

async function world(
  plan: (planEpoch: number) => FakePlan,
  page: Partial<FakePage> = {},
): Promise<World> {
  const store = openMemoryStateStore();
  const bus = openMemoryMessageBus({
    subscriptions: [
      { topic: 'rodex-plan', subscription: 'rodex-plan' },
      { topic: 'rodex-steps', subscription: 'rodex-steps' },
    ],
  });
  const browser = new FakeBrowser(page);
  const files = new Map<string, Uint8Array>();
  const gone = new Set<string>();
  const deps: ExecutorDeps = {
    store,
    bus,
    secrets: {
      get: async () => undefined,
      set: async () => undefined,
      list: async () => [],
      delete: async () => undefined,
    },
    artifacts: {
      put: async (_tenant, _run, name, content) => {
        files.set(name, content as Uint8Array);
        return { name, bytes: 1, digest: 'sha256:0', mediaType: 'text/plain' };
      },
      get: async (_tenant, _run, name) => ({
        metadata: { name, bytes: 1, digest: '', mediaType: '' },
        content: files.get(name) ?? new Uint8Array(),
      }),
      list: async () => [],
    },
    pool: browser,
    clock: systemClock,
    log: silentLogger,
    holder: 'first',
    isGone: (holder) => gone.has(holder),
  };
  let count = 0;
  open.push(await startFakePlanner(store, bus, plan));
  const journalDeps = { store, bus, clock: systemClock };
  return {
    store,
    bus,
    browser,
    executor: () => {
      if (count > 0) gone.add(`executor-${count}`);
      count += 1;
      const executor = new Executor({ ...deps, holder: `executor-${count}` }, { slots: 2 });
      open.push({ close: async () => executor.stop() });
      return executor;
    },
    start: async (contract = {}) =>
      RunJournal.create(journalDeps, 'user:test', 'local', RUN, {
        type: 'run.created',
        goal: 'pay',
        inputs: {},
        labels: {},
        url: `${ORIGIN}/`,
        contract: TaskContract.parse({ navigate: [ORIGIN], ...contract }),
      }),
    journal: async () => RunJournal.open(journalDeps, 'user:test', 'local', RUN),
    events: async () =>
      (await store.query<LogEntry>({ collection: logPath('local', RUN) })).map(
        ({ data }) => data.event,
      ),
    until: async (holds) =>
      new Promise((resolve) => {
        const unwatch = store.watch(runPath('local', RUN), () => {
          void store.get<Run>(runPath('local', RUN)).then((document) => {
            if (!document || !holds(document.data)) return;
            unwatch();
            resolve(document.data);
          });
        });
      }),
  };
}

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

  it('asks for a commit that the contract does not name; a yes lets exactly that act, once', async () => {
    const { executor, start, until, browser, journal, events } = await world(
      () => ({ steps: [pay, finish] }),
      { facts: payFacts },
    );
    await start();
    await executor().start();
    const waiting = await until((run) => run.status === 'waiting_human');
    expect(waiting.waitingFor).toMatchObject({ kind: 'approval', commitName: 'Pay' });
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
});

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
