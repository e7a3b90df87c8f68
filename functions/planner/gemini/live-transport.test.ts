import { GoogleGenAI } from '@google/genai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { systemClock } from '../../../shared/core/clock.ts';
import type { ScriptedCall } from '../offline/script.ts';
import { startScriptedServer, type ScriptedServer } from '../offline/scripted-server.ts';
import { collect, REQUEST, type Seen } from './__fixtures__/byte-stream.ts';
import { THREE_TURNS } from './__fixtures__/three-turns.ts';
import {
  createGeminiClient,
  type GeminiClient,
  type GeminiClientOptions,
} from './gemini-client.ts';

const call = (action: string, id: string) => ({
  toolCall: { functionCalls: [{ id, name: action, args: {} }] },
});
const END = { serverContent: { turnComplete: true } };
const WHOLE = { plan: { steps: [{ action: 'reload' }] } };

describe('the Live transport', () => {
  let server: ScriptedServer | undefined;
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', onUnhandled);
  });
  afterEach(async () => {
    await server?.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
  async function open(
    calls: readonly ScriptedCall[],
    options: Partial<GeminiClientOptions> = {},
  ): Promise<GeminiClient> {
    await server?.close();
    server = await startScriptedServer({ calls });
    return createGeminiClient({
      apiKey: 'k',
      model: 'gemini-live',
      baseUrl: server.baseUrl,
      transportKind: 'live',
      clock: { ...systemClock, sleep: async () => undefined },
      maxAttempts: 1,
      ...options,
    });
  }
  const ask = async (
    calls: readonly ScriptedCall[],
    options: Partial<GeminiClientOptions> = {},
  ): Promise<Seen> =>
    collect((await open(calls, options)).streamPlan(REQUEST, new AbortController().signal));

  it('gives up on a set-up that is never completed, and tries again', async () => {
    const live = { setupMs: 60 };
    const never = await ask([{ setup: 'never' }], { live });
    expect(never.last).toMatchObject({
      type: 'turn.broken',
      error: { code: 'model_unavailable', retryable: true },
    });
    await server!.requests[0]!.closed;
    expect(await ask([{ setup: 'never' }, WHOLE], { live, maxAttempts: 2 })).toMatchObject({
      items: [{ action: 'reload' }],
      attempts: 2,
    });
  });

  it('names the cure when the model refuses the set-up', async () => {
    const seen = await ask([{ setup: 'reject' }], { maxAttempts: 3 });
    expect(seen).toMatchObject({
      attempts: 1,
      last: {
        type: 'turn.broken',
        error: { code: 'model_rejected', message: expect.stringContaining('GEMINI_TRANSPORT=sse') },
      },
    });
  });

  it('is checked by one set-up before anything is planned', async () => {
    const { signal } = new AbortController();
    await expect((await open([WHOLE])).check(signal)).resolves.toBeUndefined();
    await server!.requests[0]!.closed;
    await expect((await open([{ setup: 'reject' }])).check(signal)).rejects.toMatchObject({
      code: 'model_rejected',
    });
    const live = { setupMs: 50 };
    await expect((await open([{ setup: 'never' }], { live })).check(signal)).rejects.toMatchObject({
      code: 'model_unavailable',
    });
    // SSE has nothing to ask: its models are judged by the request.
    await expect((await open([], { transportKind: 'sse' })).check(signal)).resolves.toBeUndefined();
    expect(server!.requests).toHaveLength(0);
  });

  it('sets up what the form needs, and the declared functions keep their bytes', async () => {
    const client = await open([WHOLE]);
    for (let turn = 0; turn < 2; turn += 1)
      await collect(client.streamPlan(REQUEST, new AbortController().signal));
    const [first, second] = server!.requests.map(({ body }) => JSON.stringify(body.setup));
    expect(first).toBe(second);
    expect(JSON.parse(first!)).toMatchObject({
      model: 'models/gemini-live',
      generationConfig: { responseModalities: ['TEXT'] },
      systemInstruction: { parts: [{ text: 'system' }] },
      sessionResumption: {},
    });
    expect(first).toContain('"name":"extract"');
  });

  it.each<[string, ScriptedCall]>([
    ['a frame that is no JSON', { frames: [call('back', '1'), '{not json', END] }],
    ['a frame that is no object', { frames: [call('back', '1'), '17', END] }],
    ['a frame 200,000 deep', { frames: [call('back', '1'), '{"a":'.repeat(200_000), END] }],
    [
      'a frame of 20 MB',
      { frames: [call('back', '1'), JSON.stringify({ a: 'x'.repeat(20 * 1024 * 1024) }), END] },
    ],
    ['a close in mid-turn', { frames: [call('back', '1')] }],
    ['a reset in mid-turn', { frames: [call('back', '1')], cut: 'reset' }],
    [
      'an interruption',
      { frames: [call('back', '1'), { serverContent: { interrupted: true } }, END] },
    ],
    [
      'a call that is taken back',
      { frames: [call('back', '1'), { toolCallCancellation: { ids: ['1'] } }, END] },
    ],
  ])('%s breaks the turn with what had closed', async (_what, script) => {
    const seen = await ask([script], { maxAttempts: 3 });
    expect(seen.items).toEqual([{ action: 'back' }]);
    expect(seen).toMatchObject({
      attempts: 1,
      last: { type: 'turn.broken', itemsClosed: 1, error: { code: 'model_stream_broken' } },
    });
  });

  it('reads past frames and fields that it does not know, and takes a call once', async () => {
    const seen = await ask([
      {
        frames: [
          { brandNew: { a: 1 } },
          call('back', '1'),
          call('back', '1'),
          { ...call('reload', '2'), alsoNew: true },
          { voiceActivity: {} },
          END,
        ],
      },
    ]);
    expect(seen.items).toEqual([{ action: 'back' }, { action: 'reload' }]);
    expect(seen.last?.type).toBe('turn.completed');
  });

  it('says that a close had been announced', async () => {
    const seen = await ask([
      { frames: [{ goAway: { timeLeft: '9.5s' } }, call('back', '1')], closeCode: 1001 },
    ]);
    expect(seen.last).toMatchObject({
      type: 'turn.broken',
      error: { message: expect.stringContaining('announced 9.5s before') },
    });
  });

  it('resumes a session that knew the conversation, and says everything anew when the handle is refused', async () => {
    const update = {
      sessionResumptionUpdate: {
        newHandle: 'H1',
        resumable: true,
        lastConsumedClientMessageIndex: '1',
      },
    };
    const seen = await ask([{ frames: [update], cut: 'reset' }, { setup: 'reject' }, WHOLE], {
      maxAttempts: 3,
    });
    // The refusal of a handle is an answer for good; what it refused was the handle and not the request.
    expect(server!.requests[1]!.body.setup).toMatchObject({ sessionResumption: { handle: 'H1' } });
    expect(seen).toMatchObject({ attempts: 3, items: [{ action: 'reload' }] });
    const resumed = await ask([{ frames: [update], cut: 'reset' }, WHOLE], { maxAttempts: 2 });
    expect(resumed.items).toEqual([{ action: 'reload' }]);
    const [, second] = server!.requests;
    expect(JSON.stringify(second!.body.contents)).toContain('The connection was lost');
    expect(JSON.stringify(second!.body.contents)).not.toContain('hello');
    const unknown = { sessionResumptionUpdate: { newHandle: 'H1', resumable: true } };
    await ask([{ frames: [unknown], cut: 'reset' }, WHOLE], { maxAttempts: 2 });
    expect(server!.requests[1]!.body).toMatchObject({
      setup: { sessionResumption: {} },
      contents: [{ parts: [{ text: 'hello' }] }],
    });
  });

  it('notices a connection that answers no pings though it is open', async () => {
    const client = await open([{ frames: [{ sessionResumptionUpdate: {} }], hang: true }], {
      live: { pingMs: 40 },
    });
    const reading = collect(client.streamPlan(REQUEST, new AbortController().signal));
    await vi.waitFor(() => expect(server!.sockets).toHaveLength(1), 10_000);
    for (const socket of server!.sockets) socket.pause();
    expect((await reading).last).toMatchObject({
      type: 'turn.broken',
      error: { code: 'model_unavailable', message: expect.stringContaining('pings') },
    });
  });

  it('the control: the SDK alone waits for ever, hears bad frames where nobody listens, and drops fields that it does not know', async () => {
    await open([{ setup: 'never' }, { frames: ['{not json'] }, WHOLE]);
    const sdk = new GoogleGenAI({
      apiKey: 'k',
      httpOptions: { baseUrl: server!.baseUrl, apiVersion: 'v1beta' },
    });
    const connect = async () =>
      sdk.live.connect({ model: 'm', callbacks: { onmessage: () => undefined } });
    const first = connect();
    const waited = new Promise((resolve) => setTimeout(resolve, 200, 'waits'));
    expect(await Promise.race([first.catch(() => 'failed'), waited])).toBe('waits');
    await vi.waitFor(() => expect(server!.sockets).toHaveLength(1), 10_000);
    server!.sockets[0]!.terminate();
    await first.catch(() => undefined);
    const parts = [{ text: 'x', brandNew: 1 }];
    const second = await connect();
    second.sendClientContent({ turns: [{ role: 'model', parts }], turnComplete: true });
    await vi.waitFor(() => expect(unhandled).toHaveLength(1));
    expect(server!.requests[1]!.body.contents[0]?.parts).toEqual([{ text: 'x' }]);
    unhandled.length = 0;
    second.close();
  });

  it('a recorded conversation of three turns, cut after every frame, gives exactly the calls that had come', async () => {
    for (const { items } of THREE_TURNS) {
      const plan = { steps: items };
      for (let cut = 0; cut <= items.length + 3; cut += 1) {
        for (const how of ['end', 'reset'] as const) {
          const seen = await ask([{ plan, thoughts: ['hm'], cutAfterEvents: cut, cut: how }]);
          const came = Math.min(Math.max(cut - 1, 0), items.length);
          expect(seen.items).toEqual(items.slice(0, came));
          expect(seen.last?.type).toBe(cut === items.length + 3 ? 'turn.completed' : 'turn.broken');
        }
      }
    }
  });

  it('any conversation gives each call once, in order, however its frames are repeated, padded and delayed', async () => {
    const recorded = fc.constantFrom(...THREE_TURNS);
    const frame = fc.record({ times: fc.integer({ min: 1, max: 3 }), noise: fc.boolean() });
    const around = fc.array(frame, { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        recorded,
        around,
        fc.constantFrom(0, 1, 3),
        fc.nat(5),
        async ({ items }, padding, delayMs, cut) => {
          const frames = items.flatMap((item, index) => {
            const { times = 1, noise = false } = padding[index] ?? {};
            const { action, ...args } = item;
            const one = { toolCall: { functionCalls: [{ id: `c${index}`, name: action, args }] } };
            return [
              ...(noise ? [{ voiceActivity: {} }] : []),
              ...Array.from({ length: times }, () => one),
            ];
          });
          const script = {
            frames: [...frames, END],
            cutAfterEvents: frames.length + 1 - Math.min(cut, frames.length),
            chunkDelayMs: delayMs,
          };
          const came = frames.slice(0, Math.min(script.cutAfterEvents, frames.length));
          const seen = await ask([script as ScriptedCall]);
          const ids = new Set(
            came.flatMap((each) =>
              'toolCall' in each ? [each.toolCall.functionCalls[0]?.id] : [],
            ),
          );
          expect(seen.items).toEqual(items.slice(0, ids.size));
          expect(seen.last?.type).toBe(cut === 0 ? 'turn.completed' : 'turn.broken');
        },
      ),
      { numRuns: 40 },
    );
  });
});
