import { describe, expect, it } from 'vitest';

import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import { Turn } from '../../shared/contracts/plan.ts';
import { RunScript } from './__fixtures__/played-run.ts';
import { functionResponses } from './function-responses.ts';
import { buildPrompt, readHistory } from './prompt.ts';

const call = (name: string, args: object = {}, id?: string) => ({
  functionCall: { name, args, ...(id !== undefined && { id }) },
  thoughtSignature: `S-${name}`,
});
const turnOf = (parts: object[]): Turn =>
  Turn.parse({ schemaVersion: 1, planEpoch: 3, status: 'closed', observation: 3, parts });
const answered = (answer: string, stepId: string): LogEvent => ({
  type: 'human.answered',
  requestId: 'r',
  kind: 'input',
  stepId,
  answer,
});

describe('answers to function calls', () => {
  it('stand for each call, by id and name, in order', () => {
    const turn = turnOf([
      { text: 'hm', thought: true },
      call('notes', { text: 'x' }),
      call('click_at', {}, 'c1'),
      call('go_back', {}, 'c2'),
    ]);
    expect(functionResponses(turn, [], { url: 'https://a.example/' })).toEqual([
      { functionResponse: { name: 'notes', response: { url: 'https://a.example/' } } },
      { functionResponse: { id: 'c1', name: 'click_at', response: { url: 'https://a.example/' } } },
      { functionResponse: { id: 'c2', name: 'go_back', response: { url: 'https://a.example/' } } },
    ]);
  });

  it('acknowledge a safety decision only when a person said yes to that step', () => {
    const turn = turnOf([
      call('go_back'),
      call('click_at', { safety_decision: { decision: 'require_confirmation' } }),
    ]);
    const acknowledged = (log: LogEvent[]): unknown => {
      const { functionResponse } = functionResponses(turn, log, { url: '' })[1] ?? {};
      return (functionResponse as { response: object } | undefined)?.response;
    };
    expect(acknowledged([])).toEqual({ url: '' });
    expect(acknowledged([answered('no', '3-2')])).toEqual({ url: '' });
    expect(acknowledged([answered('yes', '3-1')])).toEqual({ url: '' });
    expect(acknowledged([answered('yes', '2-2')])).toEqual({ url: '' });
    expect(acknowledged([answered('yes', '3-2')])).toEqual({
      url: '',
      safety_acknowledgement: 'true',
    });
  });

  it("show the page as it is now in each call of the service's own tool, and in no other", () => {
    const picture = { inlineData: { mimeType: 'image/png', data: 'iVBO' } };
    const turn = turnOf([call('notes', { text: 'x' }), call('click_at'), call('finish')]);
    const parts = functionResponses(turn, [], { url: '', picture }).map(
      ({ functionResponse }) => (functionResponse as { parts?: unknown }).parts,
    );
    expect(parts).toEqual([undefined, [picture], undefined]);
  });

  it('go before the text of the next message, and the calls back unchanged', async () => {
    const script = new RunScript({ goal: 'done' });
    const parts = [call('click', { target: 'e1' }, 'c1')];
    const gemini = {
      async *streamPlan() {
        yield { type: 'step.closed' as const, index: 1, item: { action: 'click', target: 'e1' } };
        yield { type: 'turn.completed' as const, finishReason: 'STOP', itemsClosed: 1, parts };
      },
    };
    await script.openTurn(1, 'url: x');
    const { tenantId, runId } = script.run;
    await script
      .planner(gemini)
      .handle(
        { type: 'plan.requested', schemaVersion: 1, tenantId, runId, planEpoch: 1 },
        new AbortController().signal,
      );
    await script.openTurn(2, 'url: y');
    const { contents } = buildPrompt(await readHistory(script, script.run, 2));
    expect(contents[1]).toEqual({ role: 'model', parts });
    expect(contents[2]?.parts[0]).toMatchObject({ functionResponse: { id: 'c1', name: 'click' } });
    expect(contents[2]?.parts[1]?.['text']).toMatch(/^turn 2\n/);
  });
});
