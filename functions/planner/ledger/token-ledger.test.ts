import { describe, expect, it } from 'vitest';

import { tenantPath } from '../../../shared/contracts/paths.ts';
import { systemClock } from '../../../shared/core/clock.ts';
import { openMemoryStateStore } from '../../../shared/testing/memory-state-store.ts';
import { closed, done, message, model, newRun } from '../__fixtures__/fake-model.ts';
import { RUN_ID, TENANT, type RunScript } from '../__fixtures__/played-run.ts';
import type { PlannerDeps } from '../planner.ts';
import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import { microUsdOf, PRICES } from '../../../shared/core/model-prices.ts';
import { TokenLedger, type LedgerLimits } from './token-ledger.ts';

const who = { tenantId: TENANT, runId: RUN_ID };
const price = { prompt: 1_000_000, cached: 100_000, output: 2_000_000 };
const use = (prompt: number, output: number, cached = 0, thoughts = 0) => ({
  prompt,
  cached,
  output,
  thoughts,
});
const usage = (prompt: number, output: number) => ({
  type: 'usage' as const,
  usage: use(prompt, output),
});
const back = { action: 'back' };
const started = { type: 'turn.started' as const, attempt: 1 };
const opened = { type: 'stream.opened' as const, ms: 1 };

describe('prices', () => {
  it('count cached tokens at their own price, thoughts as output, and round up', () => {
    expect(microUsdOf(use(1_000, 10, 400, 5), price)).toBe(600 + 40 + 30);
    expect(microUsdOf(use(1, 0), PRICES['gemini-2.5-flash']!)).toBe(1);
    expect(microUsdOf(use(0, 0), price)).toBe(0);
  });
});

describe('the token ledger', () => {
  it('adds to run, day and tenant in one batch; a day is of its own', async () => {
    const store = openMemoryStateStore();
    let now = '2026-11-22T23:59:00.000Z';
    const clock = { ...systemClock, iso: () => now };
    const ledger = new TokenLedger({ store, clock, price });
    await ledger.charge(who, { use: use(100, 10), calls: 1 });
    now = '2026-11-23T00:01:00.000Z';
    await ledger.charge(
      { ...who, runId: 'run_other' },
      { use: use(50, 5), calls: 2, estimated: 1 },
    );
    const mine = await ledger.spent(who);
    expect(mine.run).toMatchObject({ tokens: use(100, 10), microUsd: 120, calls: 1 });
    expect(mine.day).toMatchObject({ tokens: use(50, 5), microUsd: 60, calls: 2, estimated: 1 });
    expect(mine.tenant).toMatchObject({ tokens: use(150, 15), microUsd: 180, calls: 3 });
  });

  it('loses nothing when many write at once', async () => {
    const ledger = new TokenLedger({ store: openMemoryStateStore(), clock: systemClock, price });
    await Promise.all(
      Array.from({ length: 8 }, async () => ledger.charge(who, { use: use(10, 1), calls: 1 })),
    );
    expect((await ledger.spent(who)).tenant).toMatchObject({ tokens: use(80, 8), calls: 8 });
  });

  it('does not start with a limit in money and no price', () => {
    const options = {
      store: openMemoryStateStore(),
      clock: systemClock,
      limits: { dayMicroUsd: 5 },
    };
    expect(() => new TokenLedger(options)).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    );
    expect(() => new TokenLedger({ ...options, price })).not.toThrow();
  });
});

describe('a planner with a ledger', () => {
  async function world(
    limits: LedgerLimits = {},
    budgets: object = {},
    over: Partial<PlannerDeps> = {},
  ) {
    const script = await newRun();
    script.run = {
      ...script.run,
      contract: TaskContract.parse({ navigate: ['https://site.example'], budgets }),
    };
    const ledger = new TokenLedger({ store: script.store, clock: systemClock, limits, price });
    const plan = async (fake: ReturnType<typeof model>): Promise<void> => {
      await script.openTurn(1, 'url: x').catch(() => undefined);
      await script.planner(fake, { ledger, ...over }).handle(message, new AbortController().signal);
    };
    return { script: script as RunScript, ledger, plan };
  }
  const writeRun = async (script: RunScript): Promise<void> => {
    const path = `tenants/${TENANT}/runs/${RUN_ID}`;
    const { version } = (await script.store.get(path))!;
    await script.store.commit([{ op: 'update', path, data: script.run, ifVersion: version }]);
  };

  it('refuses a turn once the tenant has used its tokens or money of the day, by whichever run', async () => {
    for (const quotas of [{ tokensPerDay: 1_000 }, { microUsdPerDay: 1_000 }]) {
      const { script, ledger, plan } = await world();
      const tenant = {
        schemaVersion: 1,
        tenantId: TENANT,
        name: 'x',
        quotas,
        runTopic: { enabled: false, role: 'operator', replyTopics: [] },
        createdBy: 'user:root',
        createdAt: '2026-11-22T00:00:00.000Z',
        updatedAt: '2026-11-22T00:00:00.000Z',
      };
      await script.store.commit([{ op: 'create', path: tenantPath(TENANT), data: tenant }]);
      await ledger.charge({ ...who, runId: 'run_other' }, { use: use(999, 1), calls: 1 });
      const fake = model(() => [started, opened, usage(1, 1), closed(1, back), done]);
      await plan(fake);
      expect(await script.turn(1)).toMatchObject({
        status: 'broken',
        error: { code: 'quota_exceeded', retryable: false },
      });
      expect((await ledger.spent(who)).run.calls).toBe(0);
    }
  });

  it('charges what the service reported, each attempt once', async () => {
    const { script, ledger, plan } = await world();
    await plan(
      model(() => [
        started,
        opened,
        usage(100, 1),
        usage(100, 7),
        { ...started, attempt: 2 },
        opened,
        usage(100, 3),
        closed(1, back),
        { ...done, itemsClosed: 1 },
      ]),
    );
    expect((await ledger.spent(who)).run).toMatchObject({
      tokens: use(200, 10),
      calls: 2,
      estimated: 0,
    });
    expect(await script.turn(1)).toMatchObject({
      status: 'complete',
      usage: use(200, 10),
      modelCalls: 2,
    });
  });

  it('loses nothing of a turn that the executor closed early, and counts by length what was not reported', async () => {
    const { script, ledger, plan } = await world();
    const path = `tenants/${TENANT}/runs/${RUN_ID}/turns/1`;
    const close = async (): Promise<void> => {
      const { data, version } = (await script.store.get(path))!;
      await script.store.commit([
        { op: 'update', path, data: { ...data, status: 'closed' }, ifVersion: version },
      ]);
    };
    await plan(
      model(async function* () {
        yield* [started, opened, usage(100, 4), closed(1, back)];
        await close();
        yield* [usage(100, 9), closed(2, back)];
      }),
    );
    expect(await script.turn(1)).toMatchObject({ status: 'closed', items: 1, usage: use(100, 4) });
    expect((await ledger.spent(who)).run).toMatchObject({ tokens: use(100, 9), calls: 1 });

    const silent = await world();
    await silent
      .plan(
        model(() => [
          started,
          opened,
          closed(1, back),
          { type: 'turn.broken' as const, error: done as never, itemsClosed: 1, parts: [] },
        ]),
      )
      .catch(() => undefined);
    const { run } = await silent.ledger.spent(who);
    expect(run.estimated).toBe(1);
    expect(run.tokens.prompt).toBeGreaterThan(500);
    expect(run.tokens.output).toBeGreaterThan(0);
  });

  it.each<[string, LedgerLimits, object]>([
    ['run', {}, { promptTokens: 900 }],
    ['run in money', { runMicroUsd: 1_000 }, {}],
    ['day', { dayTokens: 1_000 }, {}],
    ['day in money', { dayMicroUsd: 1_000 }, {}],
    ['tenant in money', { tenantMicroUsd: 1_000 }, {}],
  ])('does not begin a turn that the budget of a %s cannot pay', async (_what, limits, budgets) => {
    const { script, ledger, plan } = await world(limits, budgets);
    await writeRun(script);
    await ledger.charge(who, { use: use(990, 9), calls: 1 });
    const fake = model(() => [started, done]);
    await plan(fake);
    expect(fake.calls).toBe(0);
    expect(await script.turn(1)).toMatchObject({
      status: 'broken',
      error: { code: 'budget_exhausted', retryable: false },
    });
  });

  it('stops a plan without end at the output budget, and keeps what had closed', async () => {
    const { script, ledger, plan } = await world({}, { outputTokens: 50 });
    await writeRun(script);
    const fake = model(function* () {
      yield started;
      yield opened;
      for (let index = 1; ; index += 1) yield* [usage(10, index * 10), closed(index, back)];
    });
    await plan(fake);
    expect(fake.left).toBe(true);
    expect(await script.turn(1)).toMatchObject({
      status: 'broken',
      items: 5,
      finishReason: 'BUDGET',
      error: { code: 'budget_exhausted', details: { budget: 'outputTokens', used: 50, limit: 50 } },
    });
    expect((await script.steps(1)).map((step) => step.action?.action)).toEqual(
      Array(5).fill('back'),
    );
    expect((await ledger.spent(who)).run.tokens.output).toBe(60);
  });

  it('tells the service what is left, so that it stops by itself', async () => {
    const { script, ledger } = await world({}, { outputTokens: 1_000 });
    await writeRun(script);
    await ledger.charge(who, { use: use(0, 400), calls: 1 });
    let asked: { maxOutputTokens?: number } = {};
    const gemini = {
      async *streamPlan(request: object) {
        asked = request;
        yield started;
        yield done;
      },
    };
    await script.planner(gemini, { ledger }).handle(message, new AbortController().signal);
    expect(asked.maxOutputTokens).toBe(600);
  });

  it('does not send a prompt that cannot fit the window', async () => {
    const { script, plan } = await world({}, {}, { contextTokens: 8_300 });
    const fake = model(() => [started, done]);
    await plan(fake);
    expect(fake.calls).toBe(0);
    expect(await script.turn(1)).toMatchObject({
      status: 'broken',
      error: { code: 'budget_exhausted', details: { budget: 'contextTokens' } },
    });
    const wide = await world({}, {}, { contextTokens: 20_000 });
    const answered = model(() => [started, done]);
    await wide.plan(answered);
    expect(answered.calls).toBe(1);
  });
});
