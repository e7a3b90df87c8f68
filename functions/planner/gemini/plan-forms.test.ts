import { afterEach, describe, expect, it } from 'vitest';

import type { ScriptedCall } from '../offline/script.ts';
import { startScriptedServer, type ScriptedServer } from '../offline/scripted-server.ts';
import { collect, REQUEST } from './__fixtures__/byte-stream.ts';
import {
  createGeminiClient,
  type GeminiClient,
  type GeminiClientOptions,
} from './gemini-client.ts';

const PLAN = { steps: [{ action: 'back' }, { action: 'forward' }] };
const { signal } = new AbortController();

describe('forms of a plan', () => {
  let server: ScriptedServer | undefined;
  afterEach(async () => server?.close());
  async function open(
    calls: readonly ScriptedCall[],
    options: Partial<GeminiClientOptions> = {},
  ): Promise<GeminiClient> {
    await server?.close();
    server = await startScriptedServer({ calls });
    return createGeminiClient({
      apiKey: 'k',
      model: 'gemini-x',
      baseUrl: server.baseUrl,
      ...options,
    });
  }

  it('takes plans as calls from a model that cannot be held to the schema, and keeps to it', async () => {
    const message =
      'The specified schema produces a constraint that has too many states for serving.';
    const client = await open([{ status: 400, message }, { plan: PLAN }]);
    for (let turn = 0; turn < 2; turn += 1) {
      const seen = await collect(client.streamPlan(REQUEST, signal));
      expect(seen.items).toEqual(PLAN.steps);
      expect(seen.attempts).toBe(2 - turn);
    }
    expect(server!.requests.map(({ body }) => body.tools !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    // The control: another 400 is no reason to ask in another way.
    const other = await collect(
      (await open([{ status: 400, message: 'Invalid argument' }])).streamPlan(REQUEST, signal),
    );
    expect(other.last).toMatchObject({ type: 'turn.broken', error: { code: 'model_rejected' } });
    expect(server!.requests).toHaveLength(1);
  });

  it("plans with Gemini's Computer Use: points on the page that was seen, and a question where it doubts", async () => {
    const call = (name: string, args: object) => ({ functionCall: { name, args } });
    const parts = [
      call('click_at', { x: 500, y: 500 }),
      call('click_at', { x: 1, y: 1, safety_decision: { decision: 'require_confirmation' } }),
    ];
    const raw = `data: ${JSON.stringify({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })}\n\n`;
    const client = await open([{ raw }], { form: 'computer-use' });
    const contents = [
      {
        role: 'user' as const,
        parts: [{ text: 'observation full\nview: 800x600 at 0,0 of 800x900' }],
      },
    ];
    const seen = await collect(client.streamPlan({ ...REQUEST, contents }, signal));
    expect(seen.items).toMatchObject([{ action: 'click', target: '@400,300' }, { action: 'ask' }]);
    const [computer, own] = server!.requests[0]!.body.tools as [
      object,
      { functionDeclarations: { name: string }[] },
    ];
    expect(computer).toMatchObject({ computerUse: { environment: 'ENVIRONMENT_BROWSER' } });
    expect(own.functionDeclarations.map(({ name }) => name)).toEqual(['finish', 'ask', 'notes']);
  });
});
