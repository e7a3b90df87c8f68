import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Clock } from '../../../shared/core/clock.ts';
import { systemClock } from '../../../shared/core/clock.ts';
import type { ScriptedCall } from '../offline/script.ts';
import { startScriptedServer, type ScriptedServer } from '../offline/scripted-server.ts';
import { createGeminiClient, type GeminiClientOptions } from './gemini-client.ts';
import type { PlanningEvent } from './planning-event.ts';

const PLAN = {
  steps: [{ action: 'back' }, { action: 'forward' }, { action: 'reload', why: 'to see it anew' }],
};
const REQUEST = {
  systemInstruction: 'system',
  contents: [{ role: 'user' as const, parts: [{ text: 'hello' }] }],
};

describe('the Gemini client over HTTP', () => {
  let server: ScriptedServer | undefined;
  let slept: number[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  const clock: Clock = { ...systemClock, sleep: async (ms) => void slept.push(ms) };

  beforeEach(() => {
    slept = [];
    unhandled.length = 0;
    process.on('unhandledRejection', onUnhandled);
  });
  afterEach(async () => {
    await server?.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  async function open(calls: readonly ScriptedCall[], options: Partial<GeminiClientOptions> = {}) {
    server = await startScriptedServer({ calls });
    return createGeminiClient({
      apiKey: 'the-key',
      baseUrl: server.baseUrl,
      model: 'gemini-x',
      clock,
      random: () => 0.5,
      ...options,
    });
  }
  async function events(
    calls: readonly ScriptedCall[],
    options: Partial<GeminiClientOptions> = {},
  ): Promise<PlanningEvent[]> {
    const client = await open(calls, options);
    const seen: PlanningEvent[] = [];
    for await (const event of client.streamPlan(REQUEST, new AbortController().signal))
      seen.push(event);
    return seen;
  }
  const items = (seen: readonly PlanningEvent[]): unknown[] =>
    seen.flatMap((event) => (event.type === 'step.closed' ? [event.item] : []));

  it('tells a turn from its start to its finish reason, thoughts apart from the plan', async () => {
    const seen = await events([{ plan: PLAN, thoughts: ['I think', ' {"steps":[]}'] }]);
    expect(seen.map((event) => event.type).filter((type) => type !== 'usage')).toEqual([
      'turn.started',
      'stream.opened',
      'thought.delta',
      'thought.delta',
      'step.closed',
      'step.closed',
      'step.closed',
      'turn.completed',
    ]);
    expect(items(seen)).toEqual(PLAN.steps);
    const last = seen.at(-1);
    if (last?.type !== 'turn.completed') throw new Error('not completed');
    expect(last.finishReason).toBe('STOP');
    expect(last.parts[0]).toEqual({ text: 'I think', thought: true });
    expect(
      last.parts
        .slice(2)
        .map((part) => part['text'])
        .join(''),
    ).toBe(JSON.stringify(PLAN));
    expect(seen.findLast((event) => event.type === 'usage')).toMatchObject({
      usage: { prompt: 100, cached: 0, output: 29, thoughts: 8 },
    });
  });

  it('keeps parts exactly as sent, signatures on empty parts included', async () => {
    const part = { text: '', thoughtSignature: 'SIG', somethingNew: { a: 1 } };
    const raw = [{ text: '{"steps":[]}' }, part]
      .map(
        (each, index) =>
          `data: ${JSON.stringify({ candidates: [{ content: { parts: [each] }, ...(index === 1 && { finishReason: 'STOP' }) }] })}\n\n`,
      )
      .join('');
    expect((await events([{ raw }])).at(-1)).toMatchObject({
      type: 'turn.completed',
      parts: [{ text: '{"steps":[]}' }, part],
    });
  });

  it('gives steps while the model is still talking', async () => {
    const client = await open([{ plan: PLAN, hang: true, finishReason: null }]);
    const abort = new AbortController();
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of client.streamPlan(REQUEST, abort.signal)) {
        if (event.type === 'step.closed') seen.push(event.item);
        if (seen.length === 3) abort.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual(PLAN.steps);
    // The socket is closed, not left to the server.
    await server!.requests[0]!.closed;
  });

  it('closes the connection when its reader leaves the loop', async () => {
    const client = await open([{ plan: PLAN, hang: true, finishReason: null }]);
    for await (const event of client.streamPlan(REQUEST, new AbortController().signal))
      if (event.type === 'step.closed') break;
    await server!.requests[0]!.closed;
  });

  it.each([429, 500, 503])('tries again after HTTP %i', async (status) => {
    const seen = await events([{ status }, { status }, { plan: PLAN }]);
    expect(items(seen)).toEqual(PLAN.steps);
    expect(seen.filter((event) => event.type === 'turn.started')).toHaveLength(3);
    expect(slept).toEqual([250, 500]);
  });

  it('waits as long as the service asks for', async () => {
    await events([{ status: 429, retryDelay: '2.5s' }, { plan: PLAN }]);
    expect(slept).toEqual([2_750]);
  });

  it('gives up when the service asks for longer than it would wait', async () => {
    const seen = await events([{ status: 429, retryDelay: '3600s' }]);
    expect(seen.at(-1)).toMatchObject({
      type: 'turn.broken',
      error: { code: 'model_unavailable', retryable: true },
    });
    expect(slept).toEqual([]);
  });

  it('gives up after its attempts, saying what the service said', async () => {
    const seen = await events([{ status: 503 }], { maxAttempts: 3 });
    expect(seen.filter((event) => event.type === 'turn.started')).toHaveLength(3);
    expect(seen.at(-1)).toMatchObject({
      type: 'turn.broken',
      itemsClosed: 0,
      error: { code: 'model_unavailable' },
    });
  });

  it.each([
    [400, 'settings'],
    [401, 'GEMINI_API_KEY'],
    [403, 'GEMINI_API_KEY'],
    [404, '"gemini-x" is not known'],
  ])(
    'does not repeat a request that was refused with %i, and says the cure',
    async (status, cure) => {
      const seen = await events([{ status }]);
      expect(seen.filter((event) => event.type === 'turn.started')).toHaveLength(1);
      const error = { code: 'model_rejected', message: expect.stringContaining(cure) };
      expect(seen.at(-1)).toMatchObject({ type: 'turn.broken', error });
    },
  );

  it('gives exactly the items that closed before a cut in mid-JSON', async () => {
    const chunks = [
      '{"steps":[{"action":"back"},',
      '{"action":"forw',
      'ard"},{"action":"reload"}]}',
    ];
    for (const cut of ['end', 'reset'] as const) {
      const raw = chunks
        .map(
          (text) =>
            `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] } }] })}\n\n`,
        )
        .join('');
      const seen = await events([{ raw, cutAfterBytes: raw.indexOf('reload'), cut }]);
      expect(items(seen)).toEqual([{ action: 'back' }]);
      expect(seen.at(-1)).toMatchObject({
        type: 'turn.broken',
        itemsClosed: 1,
        error: { code: 'model_stream_broken' },
      });
      // After a closed item nothing is repeated: two streams are never joined.
      expect(seen.filter((event) => event.type === 'turn.started')).toHaveLength(1);
      await server?.close();
    }
  });

  it('treats an end without finish reason as a cut, and repeats it when nothing had closed', async () => {
    const seen = await events([{ chunks: ['{"steps":['], finishReason: null }, { plan: PLAN }]);
    expect(items(seen)).toEqual(PLAN.steps);
    expect(seen.filter((event) => event.type === 'turn.started')).toHaveLength(2);
    await server?.close();
    const cut = await events([{ plan: PLAN, finishReason: null }]);
    expect(cut.at(-1)).toMatchObject({
      type: 'turn.broken',
      itemsClosed: 3,
      error: { code: 'model_stream_broken' },
    });
  });

  it('hears an error object inside HTTP 200, in an event or bare', async () => {
    const errorInStream = { code: 503, status: 'UNAVAILABLE', message: 'overloaded' };
    const unavailable = {
      type: 'turn.broken',
      itemsClosed: 3,
      error: { code: 'model_unavailable' },
    };
    expect((await events([{ plan: PLAN, errorInStream }])).at(-1)).toMatchObject(unavailable);
    await server?.close();
    const bare = await events([{ raw: JSON.stringify({ error: errorInStream }) }], {
      maxAttempts: 1,
    });
    expect(bare.at(-1)).toMatchObject({
      type: 'turn.broken',
      error: { code: 'model_unavailable' },
    });
  });

  it('breaks the turn for a finish reason other than STOP', async () => {
    const seen = await events([{ plan: PLAN, finishReason: 'MAX_TOKENS' }]);
    expect(seen.at(-1)).toMatchObject({
      type: 'turn.broken',
      finishReason: 'MAX_TOKENS',
      itemsClosed: 3,
    });
  });

  it('gives a blocked prompt as such', async () => {
    const seen = await events([
      { raw: `data: ${JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' } })}\n\n` },
    ]);
    expect(seen.at(-1)).toMatchObject({
      type: 'turn.broken',
      error: { code: 'model_blocked', details: { blockReason: 'SAFETY' } },
    });
  });

  it('never takes a stream with comment lines for a shorter plan', async () => {
    const frame = (text: string, finishReason?: string): string =>
      `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, finishReason }] })}\n\n`;
    const raw = `${frame('{"steps":[{"action":"back"}')}: ping\n\n${frame(',{"action":"reload"}')}${frame(']}', 'STOP')}`;
    const seen = await events([{ raw }], { maxAttempts: 1 });
    const whole = items(seen).length === 2;
    expect(seen.at(-1)?.type).toBe(whole ? 'turn.completed' : 'turn.broken');
  });

  it('takes silence for death, and tries again', async () => {
    const seen = await events([{ hang: true, finishReason: null }, { plan: PLAN }], {
      firstByteMs: 50,
      stallMs: 50,
    });
    expect(items(seen)).toEqual(PLAN.steps);
    await server!.requests[0]!.closed;
  });

  it('refuses what is no plan without repeating it for ever', async () => {
    const seen = await events([{ chunks: ['Sure! Here is the plan:'] }]);
    expect(seen.at(-1)).toMatchObject({
      type: 'turn.broken',
      itemsClosed: 0,
      error: { code: 'model_invalid_plan' },
    });
  });

  it('does nothing when it is aborted beforehand', async () => {
    const client = await open([{ plan: PLAN }]);
    const stream = client.streamPlan(REQUEST, AbortSignal.abort());
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(server!.requests).toHaveLength(0);
  });

  it('says that nobody listens at the address', async () => {
    const seen = await events([{}], { baseUrl: 'http://127.0.0.1:9', maxAttempts: 1 });
    expect(seen.at(-1)).toMatchObject({
      type: 'turn.broken',
      error: { code: 'model_unavailable', retryable: true },
    });
  });
});
