import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../../shared/core/clock.ts';
import type { ScriptedCall } from '../offline/script.ts';
import { startScriptedServer, type ScriptedServer } from '../offline/scripted-server.ts';
import { collect, REQUEST, type Seen } from './__fixtures__/byte-stream.ts';
import {
  createGeminiClient,
  type GeminiClient,
  type GeminiClientOptions,
} from './gemini-client.ts';
import type { RawPart } from './planning-event.ts';

export interface TransportCase {
  readonly options: Partial<GeminiClientOptions>;
  /** Parts that carry these steps, one to a part. */
  readonly partsOf: (items: readonly Record<string, unknown>[]) => readonly RawPart[];
  /** An answer of exactly these parts, each in an event of its own, then a proper end. */
  readonly answer: (parts: readonly RawPart[]) => ScriptedCall;
  /** An answer that begins well and goes on with what is no answer. */
  readonly garbage: ScriptedCall;
}

const STEPS = [
  { action: 'back', why: 'é漢😀' },
  { action: 'type', target: 'e12', text: 'a "quoted" \\ {brace}' },
  { action: 'reload', why: 'to see it anew' },
];
const PLAN = { steps: STEPS };

/** What every way to the model promises. Never forked: what one of them cannot do, the port does not promise. */
export function describeTransport(
  name: string,
  { options, answer, partsOf, garbage }: TransportCase,
): void {
  describe(`the way to the model by ${name}`, () => {
    let server: ScriptedServer | undefined;
    let slept: number[] = [];
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): void => void unhandled.push(error);
    const clock = { ...systemClock, sleep: async (ms: number) => void slept.push(ms) };

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

    async function open(
      calls: readonly ScriptedCall[],
      more: Partial<GeminiClientOptions> = {},
    ): Promise<GeminiClient> {
      await server?.close();
      server = await startScriptedServer({ calls });
      const { baseUrl } = server;
      return createGeminiClient({
        apiKey: 'the-key',
        baseUrl,
        model: 'gemini-x',
        clock,
        random: () => 0.5,
        ...options,
        ...more,
      });
    }
    async function ask(
      calls: readonly ScriptedCall[],
      more: Partial<GeminiClientOptions> = {},
    ): Promise<Seen> {
      return collect((await open(calls, more)).streamPlan(REQUEST, new AbortController().signal));
    }

    it('tells a turn in order, thoughts apart from the plan, usage with it', async () => {
      const seen = await ask([{ plan: PLAN, thoughts: ['I think', ' {"steps":[]}'] }]);
      expect(seen.items).toEqual(STEPS);
      const types = seen.events.map((event) => event.type).filter((type) => type !== 'usage');
      expect(types).toEqual([
        'turn.started',
        'stream.opened',
        'thought.delta',
        'thought.delta',
        'step.closed',
        'step.closed',
        'step.closed',
        'turn.completed',
      ]);
      const usage = seen.events.findLast((event) => event.type === 'usage');
      expect(usage?.type === 'usage' && usage.usage).toMatchObject({
        prompt: 100,
        output: expect.any(Number),
      });
    });

    it('keeps parts exactly as sent, signatures and unknown fields included, and sends them back so', async () => {
      const parts = [
        { text: 'hm', thought: true, thoughtSignature: 'S0' },
        { ...partsOf([{ action: 'back' }])[0], thoughtSignature: 'U0lH', brandNew: { a: [1] } },
      ];
      const seen = await ask([answer(parts)]);
      const { last } = seen;
      const kept = last?.type === 'turn.completed' ? last.parts : [];
      expect(kept.slice(0, 2)).toEqual(parts);
      const contents = [
        ...REQUEST.contents,
        { role: 'model' as const, parts: kept },
        ...REQUEST.contents,
      ];
      const client = await open([{ plan: PLAN }]);
      await collect(client.streamPlan({ ...REQUEST, contents }, new AbortController().signal));
      expect(server?.requests[0]?.body.contents[1]?.parts).toEqual(kept);
    });

    it('gives steps while the model still talks; an abort closes the connection', async () => {
      const client = await open([{ plan: PLAN, hang: true, finishReason: null }]);
      const abort = new AbortController();
      let closed = 0;
      const reading = (async () => {
        for await (const event of client.streamPlan(REQUEST, abort.signal))
          if (event.type === 'step.closed' && (closed += 1) === STEPS.length) abort.abort();
      })();
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
      expect(closed).toBe(STEPS.length);
      await server!.requests[0]!.closed;
    });

    it('closes the connection when its reader leaves the loop', async () => {
      const client = await open([{ plan: PLAN, hang: true, finishReason: null }]);
      for await (const event of client.streamPlan(REQUEST, new AbortController().signal))
        if (event.type === 'step.closed') break;
      await server!.requests[0]!.closed;
    });

    it.each([429, 500, 503])('tries again after %i before the first byte', async (status) => {
      const seen = await ask([{ status }, { status }, { plan: PLAN }]);
      expect(seen).toMatchObject({ items: STEPS, attempts: 3 });
      expect(slept).toEqual([250, 500]);
    });

    it('waits as long as the service asks for, but not longer than it may', async () => {
      expect((await ask([{ status: 429, retryDelay: '2s' }, { plan: PLAN }])).items).toEqual(STEPS);
      expect(slept).toEqual([2_250]);
      const never = await ask([{ status: 429, retryDelay: '3600s' }]);
      expect(never).toMatchObject({
        attempts: 1,
        last: { type: 'turn.broken', error: { code: 'model_unavailable' } },
      });
    });

    it('stops after its attempts, and after its total time', async () => {
      expect(await ask([{ status: 503 }], { maxAttempts: 3 })).toMatchObject({
        attempts: 3,
        last: { type: 'turn.broken' },
      });
      let now = 0;
      const slow = { ...clock, monotonicMs: () => now, sleep: async () => void (now += 40_000) };
      expect(
        (await ask([{ status: 503 }], { maxAttempts: 50, maxRetryMs: 100_000, clock: slow }))
          .attempts,
      ).toBe(4);
    });

    it.each([400, 401, 403, 404])('does not repeat what was refused with %i', async (status) => {
      const seen = await ask([{ status }]);
      expect(seen).toMatchObject({
        attempts: 1,
        last: { type: 'turn.broken', error: { code: 'model_rejected' } },
      });
    });

    it('hears an error object inside the answer, and repeats only what had closed nothing', async () => {
      const errorInStream = { code: 503, status: 'UNAVAILABLE', message: 'overloaded' };
      const broken = { type: 'turn.broken', error: { code: 'model_unavailable' } };
      expect(await ask([{ plan: PLAN, errorInStream }])).toMatchObject({
        items: STEPS,
        attempts: 1,
        last: broken,
      });
      expect(await ask([{ errorInStream }, { plan: PLAN }])).toMatchObject({
        items: STEPS,
        attempts: 2,
      });
    });

    it.each(['end', 'reset'] as const)(
      'gives what had closed before a cut (%s) after any event, and never joins two streams',
      async (cut) => {
        const parts = partsOf(STEPS);
        const other = { plan: { steps: [{ action: 'forward' }] } };
        for (let events = 0; events <= parts.length; events += 1) {
          const seen = await ask([{ ...answer(parts), cutAfterEvents: events, cut }, other]);
          expect(seen.items).toEqual(events > 0 ? STEPS.slice(0, events) : [{ action: 'forward' }]);
          expect(seen.attempts).toBe(events > 0 ? 1 : 2);
        }
      },
    );

    it('takes an end without finish reason for a cut', async () => {
      const seen = await ask([{ plan: PLAN, finishReason: null }]);
      expect(seen).toMatchObject({
        items: STEPS,
        attempts: 1,
        last: { type: 'turn.broken', error: { code: 'model_stream_broken' } },
      });
    });

    it('takes silence for death, and tries again', async () => {
      const seen = await ask(
        [{ hang: true, finishReason: null, thoughts: ['hm'] }, { plan: PLAN }],
        { firstByteMs: 500, stallMs: 80 },
      );
      expect(seen).toMatchObject({ items: STEPS, attempts: 2 });
      await server!.requests[0]!.closed;
    });

    it('asks twice more for what the model could not form, then no more', async () => {
      const seen = await ask([{ finishReason: 'MALFORMED_FUNCTION_CALL' }]);
      expect(seen).toMatchObject({
        attempts: 3,
        last: { type: 'turn.broken', error: { code: 'model_invalid_plan' } },
      });
      const last = server?.requests[2]?.body.contents.at(-1)?.parts;
      expect(last?.at(-1)?.['text']).toMatch(/^Your last answer was no plan/);
      expect(await ask([{}, { plan: PLAN }])).toMatchObject({ items: STEPS, attempts: 2 });
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
      const seen = await ask([{}], { baseUrl: 'http://127.0.0.1:9', maxAttempts: 1 });
      expect(seen.last).toMatchObject({
        type: 'turn.broken',
        error: { code: 'model_unavailable', retryable: true },
      });
    });

    it('breaks on what is no answer, without a rejection that nobody hears', async () => {
      const seen = await ask([garbage], { maxAttempts: 1 });
      expect(seen.items).toEqual([{ action: 'back' }]);
      expect(seen.last).toMatchObject({
        type: 'turn.broken',
        error: { code: 'model_stream_broken' },
      });
    });

    it('loses nothing and keeps the order when its reader is slow', async () => {
      const steps = Array.from({ length: 150 }, (_unused, index) => ({
        action: 'press',
        keys: `F${index}`,
      }));
      const client = await open([answer(partsOf(steps))]);
      const items: unknown[] = [];
      for await (const event of client.streamPlan(REQUEST, new AbortController().signal)) {
        if (event.type !== 'step.closed') continue;
        items.push(event.item);
        if (items.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(items).toEqual(steps);
    });
  });
}
