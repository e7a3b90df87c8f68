import type { Action, ActionOf } from '../../shared/contracts/action.ts';
import { AppError } from '../../shared/core/errors.ts';
import { commitFacts } from './approval-facts.ts';
import type { ActDescription } from './browser-session.ts';
import type { Ask } from './human-wait.ts';
import type { StepDeps, StepResult } from './step-runner.ts';
import { refuseStep } from './turn-records.ts';
import { interruptedBy, type TurnVerdict } from './turn-verdict.ts';

/** Asks whether a commit may act. Undefined when a person said yes: the step is then tried again and finds the approval. */
export async function askApproval(
  ask: Ask,
  step: Pick<StepDeps, 'journal' | 'leaseEpoch'>,
  stepId: string,
  action: Action,
  { decision, facts, commitDigest }: Extract<StepResult, { kind: 'needs-approval' }>,
  seen: ActDescription | undefined,
): Promise<TurnVerdict | undefined> {
  const name = decision.commitName ?? action.action;
  const answer = await ask({
    kind: 'approval',
    stepId,
    question: `Allow "${name}"? ${decision.reasons.join('; ')}.`,
    choices: ['approve', 'deny'],
    commitDigest,
    ...(decision.commitName !== undefined && { commitName: decision.commitName }),
    facts: commitFacts(action, facts, decision.effect, seen),
  });
  if (typeof answer === 'string') return interruptedBy(answer, 'waiting for an approval');
  if (answer.answer === 'approve') return undefined;
  const denied = new AppError('approval_denied', `"${name}" was denied by a person`);
  await refuseStep(step, stepId, denied, action);
  return { reason: 'human', detail: 'denied' };
}

/**
 * The model's own question. The answer reaches it through the log; of a secret only that it was given, to be typed on the site that is
 * shown now and nowhere else.
 */
export async function askQuestion(
  ask: Ask,
  step: Pick<StepDeps, 'journal' | 'leaseEpoch' | 'session'>,
  stepId: string,
  action: ActionOf<'ask'>,
): Promise<TurnVerdict> {
  const { question, choices, kind, secret } = action;
  const { url } = step.session.page();
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  if (kind === 'secret' && (secret === undefined || origin === 'null')) {
    const error = new AppError(
      'model_invalid_plan',
      secret === undefined
        ? 'secret: "ask" of kind secret gives it a name, which {{secret.NAME}} types afterwards'
        : 'kind: a secret is asked for on the page that it is to be typed on; open that first',
    );
    await refuseStep(step, stepId, error, action);
    return { reason: 'invalid', detail: error.message };
  }
  const answer = await ask({
    kind: kind === 'secret' || kind === 'take-over' ? kind : 'input',
    stepId,
    question,
    ...(choices && { choices }),
    facts: {
      ...(kind === 'secret' && { secret: secret ?? '', origin }),
      ...(kind === 'take-over' && { url: url.slice(0, 2_000) }),
    },
  });
  return typeof answer === 'string'
    ? interruptedBy(answer, 'a question')
    : { reason: 'human', detail: 'a question' };
}
