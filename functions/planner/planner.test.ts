import { describe, expect, it } from 'vitest';

import { runPath } from '../../shared/contracts/paths.ts';
import { AppError } from '../../shared/core/errors.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import {
  change,
  closed,
  done,
  message,
  model,
  never,
  newRun,
  USAGE,
} from './__fixtures__/fake-model.ts';
import { RUN_ID, TENANT } from './__fixtures__/played-run.ts';

describe('the planner', () => {
  it('commits and announces each step as it closes, then the turn', async () => {
    const script = await newRun();
    const seenAtSecond: unknown[] = [];
    const gemini = model(async function* () {
      yield { type: 'turn.started', attempt: 1 };
      yield { type: 'stream.opened', ms: 1 };
      yield { type: 'usage', usage: { ...USAGE, output: 1 } };
      yield closed(1, { action: 'click', target: 'e1' });
      seenAtSecond.push(...script.published, (await script.turn(1)).items);
      yield closed(2, { action: 'finish', status: 'success', summary: 'ok' });
      yield { type: 'usage', usage: USAGE };
      yield done;
    });
    await script.planner(gemini).handle(message, never);
    expect(seenAtSecond).toEqual([
      { type: 'step.ready', schemaVersion: 1, tenantId: TENANT, runId: RUN_ID, stepId: '1-1' },
      1,
    ]);
    expect((await script.steps(1)).map((step) => [step.stepId, step.action?.action])).toEqual([
      ['1-1', 'click'],
      ['1-2', 'finish'],
    ]);
    expect(await script.turn(1)).toMatchObject({
      status: 'complete',
      items: 2,
      parts: [{ text: 'raw', thoughtSignature: 'S' }],
      usage: USAGE,
      modelCalls: 1,
      finishReason: 'STOP',
      ms: {
        total: expect.any(Number),
        firstByte: expect.any(Number),
        firstStep: expect.any(Number),
      },
      heartbeatAt: expect.any(String),
    });
  });

  it('adds up the tokens of attempts', async () => {
    const script = await newRun();
    const gemini = model(() => [
      { type: 'turn.started', attempt: 1 },
      { type: 'usage', usage: USAGE },
      { type: 'usage', usage: USAGE },
      { type: 'turn.started', attempt: 2 },
      { type: 'usage', usage: USAGE },
      done,
    ]);
    await script.planner(gemini).handle(message, never);
    expect(await script.turn(1)).toMatchObject({
      modelCalls: 2,
      usage: { prompt: 20, cached: 4, output: 6, thoughts: 2 },
    });
  });

  it('stores an item that breaks the contract and ends the plan there', async () => {
    const script = await newRun();
    const gemini = model(() => [
      closed(1, { action: 'click' }),
      closed(2, { action: 'back' }),
      done,
    ]);
    await script.planner(gemini).handle(message, never);
    expect(await script.steps(1)).toMatchObject([
      {
        stepId: '1-1',
        invalid: { message: expect.stringContaining('target: '), received: '{"action":"click"}' },
      },
    ]);
    expect(script.published).toHaveLength(1);
    expect(await script.turn(1)).toMatchObject({
      status: 'broken',
      items: 1,
      finishReason: 'INVALID_ITEM',
    });
    expect(gemini.left).toBe(true);
  });

  it('keeps what closed of a broken stream, with the error', async () => {
    const script = await newRun();
    const error = new AppError('model_stream_broken', 'cut', { retryable: true });
    const gemini = model(() => [
      closed(1, { action: 'back' }),
      { type: 'turn.broken', error, itemsClosed: 1, parts: [{ text: 'half' }] },
    ]);
    await script.planner(gemini).handle(message, never);
    expect(await script.turn(1)).toMatchObject({
      status: 'broken',
      items: 1,
      parts: [{ text: 'half' }],
      error: { code: 'model_stream_broken', retryable: true },
    });
  });

  it('lets only one of two planners have the turn', async () => {
    const script = await newRun();
    const gemini = model(() => [closed(1, { action: 'back' }), done]);
    await Promise.all([
      script.planner(gemini).handle(message, never),
      script.planner(gemini).handle(message, never),
    ]);
    expect(gemini.calls).toBe(1);
    await script.planner(gemini).handle(message, never);
    expect(gemini.calls).toBe(1);
  });

  it('stops quietly, and the stream with it, when the executor closes the turn', async () => {
    const script = await newRun();
    const gemini = model(async function* () {
      yield closed(1, { action: 'back' });
      await change(script, { status: 'closed' });
      yield closed(2, { action: 'forward' });
      throw new Error('the stream went on');
    });
    await script.planner(gemini).handle(message, never);
    expect(gemini.left).toBe(true);
    expect(await script.turn(1)).toMatchObject({ status: 'closed', items: 1 });
    expect(script.published).toHaveLength(1);
  });

  it('finds out by its heartbeat that the turn was closed, and aborts a model that is silent', async () => {
    const script = await newRun();
    const gemini = model(async function* (signal) {
      yield { type: 'turn.started', attempt: 1 };
      await change(script, { status: 'closed' });
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    });
    await script.planner(gemini, { heartbeatMs: 10 }).handle(message, never);
    expect(gemini.aborted).toBe(true);
    expect(await script.turn(1)).toMatchObject({ status: 'closed' });
  });

  it('shows that it lives while the model thinks', async () => {
    const script = await newRun();
    const beats = new Set<string | undefined>();
    const gemini = model(async function* () {
      for (let count = 0; count < 5; count += 1) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        beats.add((await script.turn(1)).heartbeatAt);
      }
      yield done;
    });
    await script.planner(gemini, { heartbeatMs: 5 }).handle(message, never);
    expect(beats.size).toBeGreaterThan(2);
  });

  it('takes over a dead claim only if it had published nothing', async () => {
    for (const [items, ageMs, calls] of [
      [0, 25_000, 1],
      [0, 5_000, 0],
      [2, 25_000, 0],
    ] as const) {
      const script = await newRun();
      await change(script, { status: 'streaming', claimedBy: 'dead', items });
      const store = Object.assign(Object.create(script.store) as typeof script.store, {
        get: async (path: string) => {
          const found = await script.store.get(path);
          return found && { ...found, ageMs };
        },
        commit: script.store.commit.bind(script.store),
        query: script.store.query.bind(script.store),
      });
      const gemini = model(() => [done]);
      await script.planner(gemini, { store }).handle(message, never);
      expect([items, ageMs, gemini.calls]).toEqual([items, ageMs, calls]);
    }
  });

  it('does not plan for a run that has ended or gone on', async () => {
    const script = await newRun();
    const gemini = model(() => [done]);
    const current = (await script.store.get(runPath(TENANT, RUN_ID)))!;
    await script.store.commit([
      {
        op: 'update',
        path: current.path,
        data: { ...current.data, status: 'cancelled' },
        ifVersion: current.version,
      },
    ]);
    await script.planner(gemini).handle(message, never);
    expect(gemini.calls).toBe(0);
  });

  it('refuses a message about nothing', async () => {
    const script = await newRun();
    await expect(
      script.planner(model(() => [])).handle({ ...message, planEpoch: 7 }, never),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('marks the turn broken and has the message repeated when it is stopped', async () => {
    const script = await newRun();
    const stop = new AbortController();
    const gemini = model(async function* (signal) {
      yield { type: 'turn.started', attempt: 1 };
      setTimeout(() => stop.abort(), 5);
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    });
    await expect(script.planner(gemini).handle(message, stop.signal)).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(await script.turn(1)).toMatchObject({
      status: 'broken',
      error: { code: 'interrupted' },
    });
  });

  it('tells people what the model thinks, and survives their listener', async () => {
    const script = await newRun();
    const heard: unknown[] = [];
    const gemini = model(() => [{ type: 'thought.delta', text: 'hm' }, done]);
    const onThought = (...said: unknown[]): void => {
      heard.push(said);
      throw new Error('listener');
    };
    await script.planner(gemini, { onThought }).handle(message, never);
    expect(heard).toEqual([[RUN_ID, 1, 'hm']]);
    expect(await script.turn(1)).toMatchObject({ status: 'complete' });
  });

  it('passes on that the store is away', async () => {
    const store = openMemoryStateStore();
    store.get = async () => {
      throw new AppError('store_unavailable', 'away', { retryable: true });
    };
    const script = await newRun();
    const planner = script.planner(
      model(() => []),
      { store },
    );
    await expect(planner.handle(message, never)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });
});
