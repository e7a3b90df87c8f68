import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { play, playRaw, wireEvent, type ByteScript } from './__fixtures__/byte-stream.ts';
import { EVENTS, ITEMS, one, split, STREAM, withEnds } from './__fixtures__/fault-stream.ts';

describe('what a stream may do to us, and the whole plan still arrives', () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  beforeAll(() => void process.on('unhandledRejection', onUnhandled));
  afterAll(() => {
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  // `alone`: what the SDK makes of the same bytes without the normaliser. 'loses' rows are what the normaliser is for.
  it.each<[string, ByteScript, 'whole' | 'loses']>([
    ['a stream as it should be', one(STREAM), 'whole'],
    ['every byte in a chunk of its own, characters cut', split(STREAM), 'whole'],
    ['CRLF', one(withEnds('\r\n\r\n')), 'whole'],
    ['CRLF, every byte in a chunk of its own', split(withEnds('\r\n\r\n')), 'whole'],
    ['CR alone', one(withEnds('\r\r')), 'whole'],
    ['line ends of two kinds', one(withEnds('\n\r\n')), 'loses'],
    [
      'comments between events',
      one(EVENTS.map((event) => `: keep-alive\n\n${event}`).join('')),
      'loses',
    ],
    ['comments inside events', one(EVENTS.map((event) => `:\n${event}`).join('')), 'loses'],
    [
      'event, id and retry lines',
      one(EVENTS.map((event) => `event: message\nid: 1\nretry: 5\n${event}`).join('')),
      'loses',
    ],
    ['no space after the colon', one(STREAM.replaceAll('data: ', 'data:')), 'loses'],
    [
      'data over several lines',
      one(
        EVENTS.map(
          (event) =>
            `${JSON.stringify(JSON.parse(event.slice(6)), null, 1).replaceAll(/^/gm, 'data: ')}\n\n`,
        ).join(''),
      ),
      'loses',
    ],
    ['no empty line at the end', one(STREAM.trimEnd()), 'loses'],
    ['empty lines that nobody needs', one(`\n\n\n${EVENTS.join('\n\n\n')}\n\n`), 'loses'],
    ['a byte order mark', one(`\u{feff}${STREAM}`), 'whole'],
    [
      'unknown fields',
      one(STREAM.replaceAll('"candidates"', '"brandNew":{"a":[1]},"candidates"')),
      'whole',
    ],
    [
      'a chunk that is delivered twice',
      one([EVENTS[0], EVENTS[1], EVENTS[1], EVENTS[2], EVENTS[3]].join('')),
      'loses',
    ],
    [
      'chunks without candidates or parts',
      one(`data: {}\n\ndata: {"candidates":[]}\n\ndata: {"candidates":[{}]}\n\n${STREAM}`),
      'whole',
    ],
  ])('%s', async (_what, script, alone) => {
    const seen = await play(script);
    expect(seen.items).toEqual(ITEMS);
    expect(seen.last).toMatchObject({ type: 'turn.completed', itemsClosed: 3 });
    const control = await playRaw(script);
    const whole = control.end === 'STOP' && JSON.stringify(control.items) === JSON.stringify(ITEMS);
    expect(whole ? 'whole' : 'loses').toBe(alone);
  });

  it('two chunks that are alike because the model said the same twice both count', async () => {
    const press = '{"action":"press","keys":"Tab"},';
    const texts = ['{"steps":[', press, press, '{"action":"back"}]}'];
    const grown = texts.map((text, index) =>
      wireEvent(text, { tokens: 4 * (index + 1), ...(index === 3 && { finishReason: 'STOP' }) }),
    );
    expect((await play(one(grown.join('')))).items).toHaveLength(3);
    const uncounted = texts.map((text, index) =>
      wireEvent(text, index === 3 ? { finishReason: 'STOP' } : {}),
    );
    expect((await play(one(uncounted.join('')))).items).toHaveLength(3);
  });
});
