import { describe, expect, it } from 'vitest';

import {
  play,
  playRaw,
  wireEvent,
  wirePayload,
  type ByteScript,
} from './__fixtures__/byte-stream.ts';
import { EVENTS, ITEMS, one, overloaded, split, STREAM } from './__fixtures__/fault-stream.ts';

describe('what a stream may do to us, and breaks the turn', () => {
  const first = EVENTS[0] ?? '';
  const closed = ITEMS.slice(0, 1);
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const MiB20 = 20 * 1024 * 1024;
  const finish = (reason: string): ByteScript =>
    one(`${first}${wireEvent('', { finishReason: reason, tokens: 9 })}`);

  it.each<[string, ByteScript, string, readonly unknown[]]>([
    [
      'a clean end without finish reason',
      one(EVENTS.slice(0, 3).join('')),
      'model_stream_broken',
      ITEMS,
    ],
    [
      'an end in mid-event',
      one(`${first}data: {"candidates":[{"conte`),
      'model_stream_broken',
      closed,
    ],
    [
      'an end in mid-character',
      { bytes: [first, new TextEncoder().encode(wirePayload('漢')).subarray(0, 60)] },
      'model_stream_broken',
      closed,
    ],
    ['a reset', { bytes: [first, 'data: {"cand'], end: 'reset' }, 'model_stream_broken', closed],
    [
      'an error object as data',
      one(`${first}data: ${JSON.stringify(overloaded)}\n\n${STREAM}`),
      'model_unavailable',
      closed,
    ],
    [
      'a bare error object',
      one(`${first}${JSON.stringify(overloaded)}`),
      'model_unavailable',
      closed,
    ],
    [
      'a bare error object over several lines, cut anywhere',
      split(`${first}${JSON.stringify(overloaded, null, 2)}\n`),
      'model_unavailable',
      closed,
    ],
    ['an error object in a list', one(JSON.stringify([overloaded])), 'model_unavailable', []],
    [
      'half of a bare error object',
      one(`${first}{"error": {"code": 5`),
      'model_stream_broken',
      closed,
    ],
    [
      'a page of HTML',
      one('<html>\n<body>Welcome to our WiFi</body>\n</html>\n'),
      'model_stream_broken',
      [],
    ],
    [
      'bytes that are no UTF-8',
      { bytes: [first, Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xfe, 0x0a, 0x0a)] },
      'model_stream_broken',
      closed,
    ],
    ['a chunk that is no object', one(`${first}data: 17\n\n`), 'model_stream_broken', closed],
    [
      'a chunk of the wrong shape',
      one(`${first}data: {"candidates":[{"content":{"parts":7}}]}\n\n`),
      'model_stream_broken',
      closed,
    ],
    [
      'a line of 20 MB',
      one(`${first}${wireEvent('x'.repeat(MiB20))}`),
      'model_stream_broken',
      closed,
    ],
    [
      'a line without end',
      {
        bytes: [first, 'data: ', ...Array.from({ length: 20 }, () => 'x'.repeat(1024 * 1024))],
        end: 'hang',
      },
      'model_stream_broken',
      closed,
    ],
    [
      'JSON 200,000 deep',
      one(`${first}data: {"candidates":${deep}}\n\n`),
      'model_stream_broken',
      closed,
    ],
    [
      'a plan 200,000 deep',
      one(wireEvent(`{"steps":[{"action":"back","why":"é漢😀z"},{"a":${deep.slice(0, 200_000)}`)),
      'model_invalid_plan',
      closed,
    ],
    [
      'thoughts without end',
      {
        bytes: Array.from({ length: 30 }, (_unused, n) =>
          wireEvent('x'.repeat(MiB20 / 20), { tokens: n + 1 }).replace(
            '"text"',
            '"thought":true,"text"',
          ),
        ),
      },
      'model_stream_broken',
      [],
    ],
    [
      'a blocked prompt',
      one('data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}\n\n'),
      'model_blocked',
      [],
    ],
    [
      'prose around JSON',
      one(wireEvent('Sure! {"steps":[]}', { finishReason: 'STOP' })),
      'model_invalid_plan',
      [],
    ],
    ['SAFETY', finish('SAFETY'), 'model_blocked', closed],
    ['RECITATION', finish('RECITATION'), 'model_blocked', closed],
    ['PROHIBITED_CONTENT', finish('PROHIBITED_CONTENT'), 'model_blocked', closed],
    ['MAX_TOKENS', finish('MAX_TOKENS'), 'model_stream_broken', closed],
    ['MALFORMED_FUNCTION_CALL', finish('MALFORMED_FUNCTION_CALL'), 'model_invalid_plan', closed],
    ['MALFORMED_RESPONSE', finish('MALFORMED_RESPONSE'), 'model_invalid_plan', closed],
    ['UNEXPECTED_TOOL_CALL', finish('UNEXPECTED_TOOL_CALL'), 'model_invalid_plan', closed],
    ['TOO_MANY_TOOL_CALLS', finish('TOO_MANY_TOOL_CALLS'), 'model_invalid_plan', closed],
    ['a finish reason that nobody knows', finish('BRAND_NEW'), 'model_stream_broken', closed],
    ['STOP in mid-document', finish('STOP'), 'model_invalid_plan', closed],
  ])('%s', async (_what, script, code, items) => {
    const seen = await play(script);
    expect(seen.items).toEqual(items);
    expect(seen.last).toMatchObject({
      type: 'turn.broken',
      itemsClosed: items.length,
      error: { code },
    });
    expect(seen.attempts).toBe(1);
  });

  it.each(['an error object as data', 'a bare error object'])(
    '%s would have been silence or a cut to the SDK alone',
    async (what) => {
      const body = JSON.stringify(overloaded);
      const raw = await playRaw(
        one(what.startsWith('an') ? `${STREAM}data: ${body}\n\n` : `${STREAM}${body}`),
      );
      expect(raw.end).toBe(
        what.startsWith('an') ? 'STOP' : 'threw [GoogleGenerativeAI Error]: Failed to parse stream',
      );
    },
  );

  it('silence after the first byte, though not while keep-alives come', async () => {
    const stall = { firstByteMs: 400, stallMs: 400 };
    expect((await play({ bytes: [first], end: 'hang' }, stall)).last).toMatchObject({
      type: 'turn.broken',
      itemsClosed: 1,
      error: { code: 'model_unavailable' },
    });
    let index = 0;
    const pieces = [
      first,
      ...Array.from({ length: 12 }, () => ': still here\n\n'),
      ...EVENTS.slice(1),
    ];
    const slow = async (): Promise<Response> =>
      new Response(
        new ReadableStream<Uint8Array>({
          async pull(controller) {
            const piece = pieces[index++];
            await new Promise((resolve) => setTimeout(resolve, piece?.startsWith(':') ? 50 : 1));
            if (piece === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(piece));
          },
        }),
      );
    expect((await play({ bytes: [] }, { ...stall, fetch: slow })).items).toEqual(ITEMS);
  });

  it('a Retry-After header says how long to wait when the body does not', async () => {
    const slept: number[] = [];
    const clock = {
      iso: () => '',
      nowMs: () => 0,
      monotonicMs: () => 0,
      sleep: async (ms: number) => void slept.push(ms),
    };
    let call = 0;
    const script = (): ByteScript =>
      call++ === 0
        ? {
            bytes: ['{"error":{"code":429,"message":"quota"}}'],
            status: 429,
            headers: { 'retry-after': '7' },
          }
        : one(STREAM);
    expect((await play(script, { clock, random: () => 0, maxAttempts: 2 })).items).toEqual(ITEMS);
    expect(slept).toEqual([7_000]);
  });
});
