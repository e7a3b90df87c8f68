import { describe, expect, it } from 'vitest';

import { RunScript } from './__fixtures__/played-run.ts';
import { NO_TOKENS, page, plan, prompt, textOf } from './__fixtures__/prompts.ts';
import type { PlanRequest } from './gemini/planning-event.ts';
import { tokensOf } from './ledger/turn-meter.ts';
import { readConversation } from './offline/conversation.ts';
import { buildPrompt, readHistory } from './prompt.ts';
import { SYSTEM_INSTRUCTION } from './system-instruction.ts';

describe('long conversations', () => {
  it('leave old observations out of long conversations, rarely and for good', async () => {
    const script = new RunScript({ goal: 'done' });
    const requests: PlanRequest[] = [];
    for (let planEpoch = 1; planEpoch <= 20; planEpoch += 1) {
      await script.openTurn(planEpoch, page('word '.repeat(400)));
      requests.push(await prompt(script, planEpoch, tokensOf(SYSTEM_INSTRUCTION) + 2_500));
      await plan(script, planEpoch, [{ action: 'back' }]);
    }
    const size = (request: PlanRequest): number => JSON.stringify(request.contents).length;
    expect(Math.max(...requests.map(size))).toBeLessThan(25_000);
    const moved = requests.slice(1).filter((request, index) => {
      const before = requests[index]!;
      return (
        JSON.stringify(request.contents.slice(0, before.contents.length)) !==
        JSON.stringify(before.contents)
      );
    });
    expect(moved.length).toBeGreaterThan(2);
    expect(moved.length).toBeLessThan(8);
    expect(textOf(requests.at(-1)!, -1)).toContain('word word');
    expect(textOf(requests.at(-1)!, 0)).toMatch(/^observation left out \(\d+ characters\)$/m);
    // Still readable by the offline planner.
    expect(readConversation(requests.at(-1)!.contents)?.planEpoch).toBe(20);
  });

  it('go by what the service counted, not by length, where it said so', async () => {
    const sizes = async (counted: number | undefined): Promise<string[]> => {
      const script = new RunScript({ goal: 'done' });
      for (let planEpoch = 1; planEpoch <= 6; planEpoch += 1) {
        await script.openTurn(planEpoch, page('word '.repeat(40)));
        if (planEpoch === 6) break;
        const usage = counted === undefined ? undefined : { ...NO_TOKENS, prompt: counted };
        await plan(script, planEpoch, [{ action: 'back' }], undefined, usage);
      }
      const { contents } = await prompt(script, 6, 4_000);
      return contents.flatMap(
        ({ parts }) => /^observation (full|left out)/m.exec(String(parts[0]?.['text']))?.[1] ?? [],
      );
    };
    // By length all six would fit; a language that costs more tokens a character does not.
    expect(await sizes(undefined)).toEqual(Array.from({ length: 6 }, () => 'full'));
    expect(await sizes(3_990)).toContain('left out');
  });

  it('show a model that sees the newest pictures; old ones leave eight at a time', async () => {
    const script = new RunScript({ goal: 'done' });
    const artifacts = {
      get: async (_tenant: string, _run: string, name: string) => ({
        metadata: { name, bytes: 1, digest: '', mediaType: 'image/png' },
        content: new TextEncoder().encode(name),
      }),
    };
    const shown: number[] = [];
    for (let planEpoch = 1; planEpoch <= 20; planEpoch += 1) {
      await script.openTurn(planEpoch, page('x'), [], 'full', `turn-${planEpoch}.png`);
      const history = await readHistory(script, script.run, planEpoch, artifacts);
      const { contents } = buildPrompt(history);
      const pictures = contents.flatMap(({ parts }) =>
        parts.flatMap((part) => (part['inlineData'] === undefined ? [] : [part['inlineData']])),
      ) as { mimeType: string; data: string }[];
      const newest = Buffer.from(pictures.at(-1)?.data ?? '', 'base64').toString();
      expect(newest).toBe(`turn-${planEpoch}.png`);
      shown.push(pictures.length);
      await plan(script, planEpoch, [{ action: 'back' }]);
    }
    expect(shown).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3, 4, 5, 6, 7, 8, 9, 10, 3, 4]);
  });
});
