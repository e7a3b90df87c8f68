import { setTimeout as delay } from 'node:timers/promises';

import type { RawPart } from '../gemini/planning-event.ts';
import { readConversation } from './conversation.ts';
import { planOffline } from './offline-plan.ts';
import { callParts, liveFrames, type LiveSession } from './live-wire.ts';
import { approximateTokens } from './token-count.ts';
import {
  errorBody,
  sendJson,
  sseEvent,
  startWireServer,
  type GenerateBody,
  type WireCall,
  type WireServer,
} from './wire-server.ts';

export interface OfflinePlannerOptions {
  readonly port?: number;
  readonly host?: string;
  /** Before the first byte, and between chunks: to feel like a model. */
  readonly latencyMs?: number;
  readonly chunkDelayMs?: number;
}

const MODEL = 'rodex-offline';
const CHUNK_CHARS = 96;
/** Below this nothing counts as cached, as with the service's implicit caching. */
const MIN_CACHED_TOKENS = 2_048;

interface Usage {
  readonly promptTokenCount: number;
  readonly cachedContentTokenCount?: number;
}

function partsTokens(parts: readonly RawPart[] | undefined): number {
  return (parts ?? []).reduce(
    (sum, part) => sum + approximateTokens(JSON.stringify(part['text'] ?? part)),
    0,
  );
}

/** The prefix that the previous turn's request had in common with this one: all but the last plan and the last message. */
export function promptUsage(body: GenerateBody): Usage {
  const system = partsTokens(body.systemInstruction?.parts);
  const each = body.contents.map((content) => partsTokens(content.parts));
  const total = each.reduce((sum, tokens) => sum + tokens, system);
  const repeated = body.contents.length < 3 ? 0 : total - (each.at(-1) ?? 0) - (each.at(-2) ?? 0);
  return {
    promptTokenCount: total,
    ...(repeated >= MIN_CACHED_TOKENS && { cachedContentTokenCount: repeated }),
  };
}

type Plan = ReturnType<typeof planOffline>;

function planOf(body: GenerateBody): Plan {
  const conversation = readConversation(body.contents);
  return conversation
    ? planOffline(conversation)
    : {
        thought: 'The request is not in the prompt protocol.',
        steps: [
          {
            action: 'finish',
            status: 'failure',
            summary:
              'goal_not_understood: the offline planner reads only the prompts of rodex (docs/architecture/planning.md).',
          },
        ],
      };
}

function planParts(body: GenerateBody): { thought: string; text: string } {
  const { thought, ...document } = planOf(body);
  return { thought, text: JSON.stringify(document) };
}

function chunksOf(text: string): string[] {
  const characters = Array.from(text);
  return Array.from({ length: Math.ceil(characters.length / CHUNK_CHARS) }, (_unused, index) =>
    characters.slice(index * CHUNK_CHARS, (index + 1) * CHUNK_CHARS).join(''),
  );
}

function chunk(
  parts: readonly RawPart[],
  usage: Usage,
  output: number,
  thoughts: number,
  last: boolean,
): Record<string, unknown> {
  return {
    candidates: [
      { content: { role: 'model', parts }, ...(last && { finishReason: 'STOP' }), index: 0 },
    ],
    usageMetadata: {
      ...usage,
      candidatesTokenCount: output,
      thoughtsTokenCount: thoughts,
      totalTokenCount: usage.promptTokenCount + output + thoughts,
    },
    modelVersion: MODEL,
    responseId: 'offline',
  };
}

/** The deterministic planner behind the Gemini wire protocol: the client cannot tell it from the service. Keeps nothing between calls. */
export async function startOfflinePlanner(
  options: OfflinePlannerOptions = {},
): Promise<WireServer> {
  const { latencyMs = 0, chunkDelayMs = 0 } = options;

  const generate = async ({ method, body, response }: WireCall): Promise<void> => {
    const usage = promptUsage(body);
    if (method === 'countTokens') {
      sendJson(response, 200, JSON.stringify({ totalTokens: usage.promptTokenCount }));
      return;
    }
    const { thought, text } = planParts(body);
    const thoughts = approximateTokens(thought);
    if (latencyMs > 0) await delay(latencyMs);
    if (method === 'generateContent') {
      sendJson(
        response,
        200,
        JSON.stringify(
          chunk(
            [{ text: thought, thought: true }, { text }],
            usage,
            approximateTokens(text),
            thoughts,
            true,
          ),
        ),
      );
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (body.tools !== undefined) {
      const { thought: first, ...plan } = planOf(body);
      const parts = [{ text: first, thought: true }, ...callParts(plan)];
      for (const [index, part] of parts.entries()) {
        if (chunkDelayMs > 0) await delay(chunkDelayMs);
        const last = index === parts.length - 1;
        response.write(sseEvent(chunk([part], usage, 10 * index, thoughts, last)));
      }
      response.end();
      return;
    }
    response.write(sseEvent(chunk([{ text: thought, thought: true }], usage, 0, thoughts, false)));
    const pieces = chunksOf(text);
    for (const [index, piece] of pieces.entries()) {
      if (chunkDelayMs > 0) await delay(chunkDelayMs);
      if (response.destroyed) return;
      const said = approximateTokens(pieces.slice(0, index + 1).join(''));
      response.write(
        sseEvent(chunk([{ text: piece }], usage, said, thoughts, index === pieces.length - 1)),
      );
    }
    response.end();
  };

  const converse = async (session: LiveSession): Promise<void> => {
    session.send({ setupComplete: {} });
    for (;;) {
      const contents = await session.contents();
      if (!contents) return;
      const body = { contents };
      const { thought, ...plan } = planOf(body);
      if (latencyMs > 0) await delay(latencyMs);
      const parts = [{ text: thought, thought: true }, ...callParts(plan)];
      const said = approximateTokens(JSON.stringify(plan));
      const usage = { ...promptUsage(body), candidatesTokenCount: said };
      for (const frame of liveFrames(parts, usage)) {
        if (chunkDelayMs > 0) await delay(chunkDelayMs);
        session.send(frame);
        if ('toolCall' in frame) await session.answered();
      }
    }
  };

  const live = { session: converse };
  return startWireServer({ ...options, live, model: MODEL }, async (call) => {
    try {
      await generate(call);
    } catch (error) {
      if (call.response.headersSent) throw error;
      sendJson(
        call.response,
        500,
        errorBody(
          500,
          'INTERNAL',
          `the offline planner failed: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
    }
  });
}
