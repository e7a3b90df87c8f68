import { setImmediate as tick } from 'node:timers/promises';

import { createGeminiClient } from '../planner/gemini/gemini-client.ts';

const TOTAL = 20 * 1024 * 1024;
const CHUNK = 64 * 1024;

type Shape = 'line' | 'unknown-fields' | 'thoughts';

const event = (part: object, extra: object = {}): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts: [part] } }], ...extra })}\n\n`;

function* textOf(shape: Shape): Generator<string> {
  yield event({ text: '{"steps":[{"action":"back"},' });
  const filler = 'x'.repeat(CHUNK);
  if (shape === 'line') yield 'data: {"candidates":[{"content":{"parts":[{"text":"';
  for (let sent = 0; sent < TOTAL; sent += CHUNK)
    yield shape === 'line'
      ? filler
      : shape === 'thoughts'
        ? event({ text: filler, thought: true })
        : event({ text: ' ' }, { brandNew: { filler } });
  yield event({ text: '{"action":"reload"}]}' }, {});
  yield `data: {"candidates":[{"finishReason":"STOP"}]}\n\n`;
}

/** An answer of 20 MB, made as it is read. */
async function read(shape: Shape, keep: Uint8Array[] | undefined): Promise<string> {
  const pieces = textOf(shape);
  const encoder = new TextEncoder();
  const fetch = async (): Promise<Response> =>
    new Response(
      new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            await tick();
            const { value, done } = pieces.next();
            if (done === true) controller.close();
            else {
              const bytes = encoder.encode(value);
              if (keep) for (let copy = 0; copy < 6; copy += 1) keep.push(bytes.slice());
              controller.enqueue(bytes);
            }
          },
        },
        { highWaterMark: 0 },
      ),
    );
  const client = createGeminiClient({ apiKey: 'k', model: 'm', maxAttempts: 1, fetch });
  let end = '';
  for await (const happened of client.streamPlan(
    { systemInstruction: '', contents: [] },
    new AbortController().signal,
  ))
    end = happened.type === 'turn.broken' ? `broken after ${happened.itemsClosed}` : happened.type;
  return end;
}

/** Prints how much the resident set of this process grew at most, in MiB, while it read the answer. */
const [shape = 'line', handicap] = process.argv.slice(2);
for (let round = 0; round < 3; round += 1) await read('line', undefined);
const keep: Uint8Array[] | undefined = handicap === 'keep' ? [] : undefined;
const before = process.memoryUsage.rss();
let peak = before;
const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 1);
const end = await read(shape as Shape, keep);
clearInterval(timer);
peak = Math.max(peak, process.memoryUsage.rss());
process.stdout.write(
  `${JSON.stringify({ mb: (peak - before) / 1024 / 1024, end, kept: keep?.length ?? 0 })}\n`,
);
