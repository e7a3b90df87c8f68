import type { Action } from '../contracts/action.ts';
import type { Decision, TargetFacts } from '../contracts/effect.ts';
import type { TaskContract } from '../contracts/task-contract.ts';
import { digestOfJson } from '../core/digest.ts';
import { fold } from './commit-lexicon.ts';
import { mayShow } from './origins.ts';
import { classify, type Classified } from './effect-class.ts';

export interface StepContext {
  readonly runId: string;
  readonly contract: TaskContract;
  /** Digests of commits that acted in this run. */
  readonly committed: readonly string[];
  readonly dialogText?: string;
  readonly knownUrl: (url: string) => boolean;
  /** The control was seen to send an unsafe request to its own site. */
  readonly committing?: boolean;
}

/**
 * What a yes is bound to: the run, the page and what the control stands beside on it, the control's name, the form's target, method and
 * fields, and all that the action itself brings (text, keys, values, URL). Refs are left out: they change when the page is opened again.
 */
export function commitDigestOf(runId: string, action: Action, facts: TargetFacts): string {
  const { why: _why, expect: _expect, ...rest } = action;
  const { target: _target, ...brought } = { target: undefined, ...rest };
  const page = URL.canParse(facts.url) ? new URL(facts.url) : undefined;
  return digestOfJson({
    runId,
    brought,
    page: page ? `${page.origin}${page.pathname}` : facts.url,
    origin: facts.frameOrigin,
    control: fold(facts.name),
    near: fold(facts.near),
    method: facts.form?.method ?? null,
    target: facts.form?.action ?? facts.href ?? null,
    fields: (facts.form?.fields ?? [])
      .map((field) => `${field.name}=${field.valueDigest}`)
      .toSorted(),
  });
}

/** The name by which a task contract allows this step: the control's accessible name, or the dialog's text. */
export function commitNameOf(action: Action, facts: TargetFacts, dialogText = ''): string {
  return (action.action === 'dialog' ? dialogText : facts.name)
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** The task contract lets a control of that name act without asking, where it stands. */
export function isNamed(contract: TaskContract, name: string, facts: TargetFacts): boolean {
  return contract.commits.some(
    (rule) =>
      fold(rule.name) === fold(name) &&
      (rule.origin === undefined
        ? mayShow(contract, facts.frameOrigin)
        : rule.origin === facts.frameOrigin),
  );
}

/** Under `strict` what leaves over an open WebSocket cannot be asked for when it leaves, so it is asked for before. */
function classed(action: Action, facts: TargetFacts, context: StepContext): Classified {
  const given = classify(action, facts, {
    knownUrl: context.knownUrl,
    ...(context.committing !== undefined && { committing: context.committing }),
    ...(context.dialogText !== undefined && { dialogText: context.dialogText }),
  });
  const open = facts.webSockets ?? 0;
  if (given.effect !== 'unknown' || context.contract.level !== 'strict' || open === 0) return given;
  return {
    effect: 'commit',
    reason: `${given.reason}, and the page has ${open} open WebSocket${open === 1 ? '' : 's'}, whose messages cannot be held`,
  };
}

/** Allow, ask a person, or refuse; with reasons that name what to add to the task contract. */
export function decideStep(action: Action, facts: TargetFacts, context: StepContext): Decision {
  const { effect, reason, seen } = classed(action, facts, context);
  if (effect === 'read' || effect === 'write')
    return { verdict: 'allow', effect, reasons: [reason] };
  const name = commitNameOf(action, facts, context.dialogText);
  const named = isNamed(context.contract, name, facts);
  const decision = { effect, ...(name !== '' && { commitName: name }) };
  // A model that loses its thread must not order twice: what a person or the contract allowed was one commit.
  if (
    effect === 'commit' &&
    !(seen && context.contract.level === 'autonomous') &&
    context.committed.includes(commitDigestOf(context.runId, action, facts))
  )
    return {
      verdict: 'ask',
      ...decision,
      reasons: [reason, 'the very same was already done in this run'],
    };
  if (named)
    return {
      verdict: 'allow',
      ...decision,
      reasons: [reason, `the task contract names "${name}"`],
    };
  if (context.contract.level === 'autonomous')
    return {
      verdict: 'allow',
      ...decision,
      reasons: [reason, 'level autonomous asks for nothing'],
    };
  if (effect === 'unknown')
    return {
      verdict: 'allow',
      ...decision,
      reasons: [reason, 'it acts behind the wire gate, which holds what would leave'],
    };
  return {
    verdict: 'ask',
    ...decision,
    reasons: [
      reason,
      `the task contract does not name it; allow "${name}" under contract.commits (--allow-commit) to act without asking`,
    ],
  };
}
