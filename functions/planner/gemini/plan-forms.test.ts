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

interface Body {
  readonly generationConfig: Record<string, unknown>;
  readonly safetySettings?: unknown;
}

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

  it("plans with Gemini's Computer Use: points on the page that was seen, and its doubts beside the step", async () => {
    const call = (name: string, args: object) => ({ functionCall: { name, args } });
    const parts = [
      call('click_at', { x: 500, y: 500 }),
      call('click_at', { x: 1, y: 1, safety_decision: { decision: 'require_confirmation' } }),
    ];
    const raw = `data: ${JSON.stringify({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })}\n\n`;
    const client = await open([{ raw }], { planning: { form: 'computer-use' } });
    const contents = [
      {
        role: 'user' as const,
        parts: [{ text: 'observation full\nview: 800x600 at 0,0 of 800x900' }],
      },
    ];
    const seen = await collect(client.streamPlan({ ...REQUEST, contents }, signal));
    expect(seen.items).toMatchObject([
      { action: 'click', target: '@400,300' },
      { action: 'click', target: '@1,1' },
    ]);
    expect(
      seen.events.flatMap((event) => (event.type === 'step.closed' ? [event.doubt] : [])),
    ).toEqual([undefined, 'require_confirmation']);
    const [computer, own] = server!.requests[0]!.body.tools as [
      object,
      { functionDeclarations: { name: string }[] },
    ];
    expect(computer).toMatchObject({ computerUse: { environment: 'ENVIRONMENT_BROWSER' } });
    expect(own.functionDeclarations.map(({ name }) => name)).toEqual(['finish', 'ask', 'notes']);
  });

  it('asks as the task says, and else as the deployment does', async () => {
    const planning = {
      thinkingBudget: 512,
      temperature: 1,
      mediaResolution: 'low',
      safety: { HARM_CATEGORY_DANGEROUS_CONTENT: 'BLOCK_NONE' },
    } as const;
    const client = await open([{ plan: PLAN }], { planning });
    await collect(client.streamPlan(REQUEST, signal));
    await collect(
      client.streamPlan({ ...REQUEST, planning: { thinkingLevel: 'low', temperature: 0 } }, signal),
    );
    const [first, second] = server!.requests.map(({ body }) => body as unknown as Body);
    expect(first?.generationConfig).toMatchObject({
      temperature: 1,
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
      thinkingConfig: { thinkingBudget: 512, includeThoughts: true },
    });
    expect(first?.safetySettings).toEqual([
      { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', threshold: 'BLOCK_NONE' },
    ]);
    // A task that names one way of thinking does not inherit the other: the service refuses both.
    expect(second?.generationConfig).toMatchObject({ temperature: 0 });
    expect(second?.generationConfig['thinkingConfig']).toEqual({
      thinkingLevel: 'LOW',
      includeThoughts: true,
    });
  });

  it('asks the Live API for the same thinking, and refuses a form that it does not take', async () => {
    const client = await open([{ plan: PLAN }], {
      transportKind: 'live',
      planning: { thinkingBudget: 256, temperature: 0.5, mediaResolution: 'high' },
    });
    await collect(client.streamPlan(REQUEST, signal));
    const { setup } = server!.requests[0]!.body as unknown as { setup: Body };
    expect(setup.generationConfig).toMatchObject({
      temperature: 0.5,
      mediaResolution: 'MEDIA_RESOLUTION_HIGH',
      thinkingConfig: { thinkingBudget: 256, includeThoughts: true },
    });
    const refused = await collect(client.streamPlan({ ...REQUEST, form: 'computer-use' }, signal));
    expect(refused.last).toMatchObject({ type: 'turn.broken', error: { code: 'model_rejected' } });
    expect(server!.requests).toHaveLength(1);
  });
});
