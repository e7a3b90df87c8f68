import { setTimeout as delay } from 'node:timers/promises';

import { AppError } from '../../shared/core/errors.ts';
import { readConversation } from '../planner/offline/conversation.ts';
import type { Page } from '../planner/offline/page-text.ts';
import { runToEnd, withPlatform, wrapSessions } from './bench-platform.ts';
import { startLongPage } from './long-page.ts';

const STEPS = 12;
const TOKENS_PER_SECOND = 60;
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_CHUNK = 5;
const THINKING_MS = 400;

/** Twelve steps: eleven fields and the end, each with a reason, as models write them. */
function planOn(page: Page): string {
  const units = page.lines.flatMap((line) => line.units);
  const steps = Array.from({ length: STEPS - 1 }, (_unused, index) => {
    const field = units.find((unit) => unit.name === `Field ${index + 1}`);
    if (!field) throw new AppError('internal', `the page shows no "Field ${index + 1}"`);
    const why = `field ${index + 1} must hold its value before the form is complete`;
    return { action: 'type', target: field.ref, text: `value ${index + 1}`, why };
  });
  const finish = { action: 'finish', status: 'success', summary: 'all fields hold their values' };
  return JSON.stringify({ thought: 'fill the fields in their order', steps: [...steps, finish] });
}

export interface StreamedRun {
  /** Ms from the byte that closes a step to its publication. */
  readonly publishMs: readonly number[];
  /** Ms from the first byte of the plan, thinking left out, to its last, and to the first action in the browser. */
  readonly streamMs: number;
  readonly firstActionMs: number;
  readonly thinkingMs: number;
}

/** One run of twelve steps whose plan trickles in; `whole` holds it back until all of it is there, as clients that wait would. */
export async function streamedRun(handicapMs: number, whole: boolean): Promise<StreamedRun> {
  const site = await startLongPage();
  const at = { asked: 0, first: 0, last: 0, action: 0 };
  const closed: number[] = [];
  const published: number[] = [];
  let said = '';

  /** Counts the items whose closing brace has left, on the text alone. */
  const onEvent = (event: string): void => {
    const now = performance.now();
    const { candidates } = JSON.parse(event.slice('data: '.length)) as {
      candidates: [{ content: { parts: [{ text: string; thought?: boolean }] } }];
    };
    const [part] = candidates[0].content.parts;
    if (part.thought === true || part.text === '') return;
    at.first ||= now;
    at.last = now;
    said += part.text;
    const braces = said.split('}').length - 1;
    while (closed.length < Math.min(braces, STEPS)) closed.push(now);
  };
  try {
    return await withPlatform(
      {
        onEvent,
        calls: (body) => {
          const conversation = readConversation(body.contents);
          if (!conversation) throw new AppError('internal', 'the prompt was not understood');
          at.asked = performance.now();
          const text = planOn(conversation.page);
          const chars = TOKENS_PER_CHUNK * BYTES_PER_TOKEN;
          const chunks = text.match(new RegExp(`.{1,${chars}}`, 'gs')) ?? [];
          const chunkDelayMs = (1_000 * TOKENS_PER_CHUNK) / TOKENS_PER_SECOND;
          const trickle = Math.round(chunkDelayMs);
          return whole
            ? { chunks: [text], delayMs: Math.round(chunks.length * chunkDelayMs) }
            : { thoughts: ['thinking'], chunks, delayMs: THINKING_MS, chunkDelayMs: trickle };
        },
      },
      (pool) =>
        wrapSessions(pool, (session) => ({
          act: async (...rest) => {
            // A handicap that shows against seconds of stream.
            if (handicapMs > 0) await delay(handicapMs * 40);
            // The start page was opened before anything was planned.
            if (at.asked > 0) at.action ||= performance.now();
            return session.act(...rest);
          },
        })),
      async (here) => {
        const { store, bus } = here.platform;
        const commit = store.commit.bind(store);
        const publish = bus.publish.bind(bus);
        store.commit = async (writes) => {
          if (handicapMs > 0) await delay(handicapMs);
          return commit(writes);
        };
        bus.publish = async (message) => {
          if (message.type === 'step.ready') published.push(performance.now());
          return publish(message);
        };
        await runToEnd(here, site.origin);
        const from = whole ? at.asked : at.first;
        return {
          publishMs: published.map((time, index) => time - (closed[index] ?? Number.NaN)),
          streamMs: at.last - from,
          firstActionMs: at.action - from,
          thinkingMs: at.first - at.asked,
        };
      },
    );
  } finally {
    await site.close();
  }
}
