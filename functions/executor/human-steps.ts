import type { Action, ActionOf } from '../../shared/contracts/action.ts';
import type { HumanRequest } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Answer } from './human-wait.ts';
import type { Interruption } from './session-end.ts';
import type { StepResult } from './step-runner.ts';
import { interruptedBy, type TurnVerdict } from './turn-verdict.ts';

export type Ask = (
  request: Omit<HumanRequest, 'requestId' | 'askedAt' | 'expiresAt'>,
) => Promise<Answer | Interruption>;
export type Refuse = (stepId: string, error: AppError, action?: Action) => Promise<void>;

/** What would be done, as the person who decides should see it: placeholders stay names. */
function shownAct(action: Action): string {
  const { why: _why, expect: _expect, ...rest } = action;
  return JSON.stringify(rest);
}

/** Asks whether a commit may act. Undefined when a person said yes: the step is then tried again and finds the approval. */
export async function askApproval(
  ask: Ask,
  refuse: Refuse,
  stepId: string,
  action: Action,
  { decision, facts, commitDigest }: Extract<StepResult, { kind: 'needs-approval' }>,
): Promise<TurnVerdict | undefined> {
  const name = decision.commitName ?? action.action;
  const { form } = facts;
  const answer = await ask({
    kind: 'approval',
    stepId,
    question: `Allow "${name}"? ${decision.reasons.join('; ')}.`,
    choices: ['approve', 'deny'],
    commitDigest,
    ...(decision.commitName !== undefined && { commitName: decision.commitName }),
    facts: {
      effect: decision.effect,
      act: shownAct(action),
      ...(facts.near !== '' && { near: facts.near }),
      origin: facts.frameOrigin,
      url: facts.url,
      ...(form && {
        method: form.method,
        target: form.action,
        fields: form.fields.map((field) => field.label || field.name),
      }),
    },
  });
  if (typeof answer === 'string') return interruptedBy(answer, 'waiting for an approval');
  if (answer.answer === 'approve') return undefined;
  await refuse(stepId, new AppError('approval_denied', `"${name}" was denied by a person`), action);
  return { reason: 'human', detail: 'denied' };
}

/** The model's own question. The answer reaches it through the log. */
export async function askQuestion(
  ask: Ask,
  stepId: string,
  action: ActionOf<'ask'>,
): Promise<TurnVerdict> {
  const { question, choices } = action;
  const answer = await ask({
    kind: 'input',
    stepId,
    question,
    ...(choices && { choices }),
    facts: {},
  });
  return typeof answer === 'string'
    ? interruptedBy(answer, 'a question')
    : { reason: 'human', detail: 'a question' };
}
