import { describe, expect, it } from 'vitest';

import { AppError } from '../../../shared/core/errors.ts';
import { createPlanParser, type PlanFragment } from './plan-parser.ts';

const PLAN = {
  thought: 'Füll in “the form” 😀',
  steps: [
    { action: 'type', target: 'e12', text: 'a "quoted" \\ {brace} [bracket]' },
    { action: 'select', target: 'e13', values: ['é', '漢'] },
    { action: 'finish', status: 'success', summary: 'ok', result: '{"a":[1,{"b":2}]}' },
  ],
  notes: 'remember',
};

function steps(fragments: readonly PlanFragment[]): unknown[] {
  return fragments.flatMap((fragment) => (fragment.kind === 'step' ? [fragment.item] : []));
}

describe('the plan parser', () => {
  it('gives only whole items, wherever the document is cut', () => {
    const text = JSON.stringify(PLAN);
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parser = createPlanParser();
      const before = steps(parser.write(text.slice(0, cut)));
      expect(before).toEqual(PLAN.steps.slice(0, before.length));
      expect(parser.isComplete()).toBe(cut === text.length);
      const after = steps(parser.write(text.slice(cut)));
      expect([...before, ...after]).toEqual(PLAN.steps);
      expect(parser.isComplete()).toBe(true);
    }
  });

  it('gives each item as soon as its brace arrives, with thought and notes', () => {
    const parser = createPlanParser();
    expect(parser.write('{"thought":"think","steps":[{"action":"back"}')).toEqual([
      { kind: 'thought', text: 'think' },
      { kind: 'step', index: 1, item: { action: 'back' } },
    ]);
    expect(parser.write(',{"action":"forward"')).toEqual([]);
    expect(parser.write('}],"notes":"n"}')).toEqual([
      { kind: 'step', index: 2, item: { action: 'forward' } },
      { kind: 'notes', text: 'n' },
    ]);
  });

  it.each([
    ['nesting without end', `{"steps":[${'['.repeat(200_000)}`, {}],
    ['too many bytes', `{"thought":"${'x'.repeat(2_000)}`, { maxBytes: 1_000 }],
    [
      'too many steps',
      `{"steps":[${Array.from({ length: 5 }, () => '{}').join(',')}]}`,
      { maxSteps: 4 },
    ],
    ['what is not JSON', '{"steps": nope', {}],
  ])('refuses %s', (_what, text, options) => {
    const parser = createPlanParser(options);
    expect(() => [parser.write(text), parser.write(' ')]).toThrow(
      expect.objectContaining({ code: 'model_invalid_plan' }),
    );
    expect(parser.failure()).toBeInstanceOf(AppError);
    expect(parser.isComplete()).toBe(false);
  });

  it('refuses what follows the document, and stays refused', () => {
    const parser = createPlanParser();
    parser.write('{"steps":[]}\n');
    expect(() => parser.write('{"steps":[]}')).toThrow(AppError);
    expect(() => parser.write(' ')).toThrow(AppError);
  });

  it('gives what closed before a fault in the same piece, then reports the fault', () => {
    const parser = createPlanParser();
    expect(steps(parser.write('{"steps":[{"action":"back"},!'))).toEqual([{ action: 'back' }]);
    expect(() => parser.write('x')).toThrow(AppError);
    expect(parser.isComplete()).toBe(false);
  });
});
