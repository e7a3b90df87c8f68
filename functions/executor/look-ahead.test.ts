import { describe, expect, it } from 'vitest';

import { Action } from '../../shared/contracts/action.ts';
import { TargetFacts } from '../../shared/contracts/effect.ts';
import { Outcome, type OutcomeInput } from '../../shared/contracts/outcome.ts';
import { ProposedStep } from '../../shared/contracts/plan.ts';
import { LookAhead } from './look-ahead.ts';

const FACTS = TargetFacts.parse({ url: 'https://a.example/' });
const click = Action.parse({ action: 'click', target: 'e1' });
const proposed = (stepId: string, action: Action): ProposedStep =>
  ProposedStep.parse({
    schemaVersion: 1,
    stepId,
    planEpoch: 1,
    index: 2,
    action,
    proposedAt: '2026-01-01T00:00:00.000Z',
  });
const outcome = (more: object = {}): OutcomeInput =>
  Outcome.parse({ status: 'done', acted: true, ...more });

function counted(): { asked: string[]; ahead: LookAhead; failFirst: () => void } {
  const asked: string[] = [];
  let fails = false;
  const inspect = async (action: Action): Promise<TargetFacts> => {
    asked.push('target' in action ? String(action.target) : '');
    if (fails) {
      fails = false;
      throw new Error('not there yet');
    }
    return FACTS;
  };
  return { asked, ahead: new LookAhead({ inspect }), failFirst: () => (fails = true) };
}

describe('looking ahead', () => {
  it('asks once for a step that was asked for ahead', async () => {
    const { asked, ahead } = counted();
    ahead.start(outcome(), proposed('1-2', click));
    expect(asked).toEqual(['e1']);
    await ahead.facts('1-2', click);
    expect(asked).toEqual(['e1']);
    await ahead.facts('1-2', click);
    expect(asked).toEqual(['e1', 'e1']);
  });

  it('asks again for another step, another action, and where the first answer was an error', async () => {
    const { asked, ahead, failFirst } = counted();
    ahead.start(outcome(), proposed('1-2', click));
    await ahead.facts('2-2', click);
    ahead.start(outcome(), proposed('1-2', click));
    await ahead.facts('1-2', Action.parse({ action: 'click', target: 'e2' }));
    failFirst();
    ahead.start(outcome(), proposed('1-2', click));
    await ahead.facts('1-2', click);
    expect(asked).toEqual(['e1', 'e1', 'e1', 'e2', 'e1', 'e1']);
  });

  it.each([
    ['the document changed', outcome({ changed: { document: true } }), click],
    ['another tab came', outcome({ changed: { tab: 't2' } }), click],
    ['a dialog is open', outcome({ changed: { dialog: 'confirm Sure?' } }), click],
    ['the step failed', outcome({ status: 'failed' }), click],
    [
      'the action has a placeholder',
      outcome(),
      Action.parse({ action: 'type', target: 'e1', text: '{{input.name}}' }),
    ],
    ['it has no target', outcome(), Action.parse({ action: 'wait', text: 'Saved' })],
  ])('does not ask ahead where %s', (_why, before, action) => {
    const { asked, ahead } = counted();
    ahead.start(before, proposed('1-2', action));
    expect(asked).toEqual([]);
  });
});
