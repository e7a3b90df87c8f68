import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readServerSentEvents } from './server-sent-events.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);

function responseOf(bytes: Uint8Array, places: readonly number[]): Response {
  const at = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  const chunks = [...at, bytes.length].map((end, index) => bytes.slice(at[index - 1] ?? 0, end));
  return new Response(
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
        controller.close();
      },
    }),
  );
}

async function eventsOf(response: Response) {
  const events: { id: string | undefined; event: string | undefined; data: string }[] = [];
  for await (const { id, event, data } of readServerSentEvents(response))
    events.push({ id, event, data });
  return events;
}

const places = fc.array(fc.nat({ max: 5_000 }), { maxLength: 10 });

describe(`streams of events (seed ${seed})`, () => {
  it('give what was sent, each once and in order, wherever they are cut', async () => {
    const sent = fc.array(fc.record({ seq: fc.nat(), data: fc.jsonValue({ maxDepth: 2 }) }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(sent, places, fc.constantFrom('\n', '\r\n'), async (events, cuts, end) => {
        const wire = events
          .map(({ seq, data }) =>
            [`id: log-${seq}`, 'event: entry', `data: ${JSON.stringify(data)}`, '', ''].join(end),
          )
          .join(`: keep-alive${end}${end}`);
        expect(await eventsOf(responseOf(Buffer.from(wire), cuts))).toEqual(
          events.map(({ seq, data }) => ({
            id: `log-${seq}`,
            event: 'entry',
            data: JSON.stringify(data),
          })),
        );
      }),
      { seed, numRuns: 300 },
    );
  });

  it('end, whatever their bytes are, and no text makes an event of its own', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map((text) => new TextEncoder().encode(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, places, async (given, cuts) => {
        await eventsOf(responseOf(given, cuts));
        const data = JSON.stringify(Buffer.from(given).toString('latin1'));
        const wire = new TextEncoder().encode(`data: ${data}\n\n`);
        const events = await eventsOf(responseOf(wire, cuts));
        expect(events.map((event) => event.data)).toEqual([data]);
      }),
      { seed, numRuns: 300 },
    );
  });
});
