import type { Action } from '../../shared/contracts/action.ts';
import type { TargetFacts } from '../../shared/contracts/effect.ts';
import type { HumanRequest } from '../../shared/contracts/run.ts';
import type { PausedRequest } from '../../shared/policy/wire-gate.ts';
import type { ActDescription } from './browser-session.ts';

type Facts = HumanRequest['facts'];

const SENSITIVE = /pass|pwd|token|secret|csrf|otp|pin\b|cvc|cvv|auth|session|kennwort/i;
const AMOUNT =
  /(?:(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|JPY)\b)\s?\d[\d.,' ]*\d|\d[\d.,']*\s?(?:[€$£¥]|(?:EUR|USD|GBP|CHF|JPY)\b))/g;

/** What would be done, as the person who decides should see it: placeholders stay names. */
function shownAct(action: Action): string {
  const { why: _why, expect: _expect, ...rest } = action;
  return JSON.stringify(rest).slice(0, 2_000);
}

/** Sums of money in what the executor saw. */
function amountsIn(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => text.match(AMOUNT) ?? []);
  return [...new Set(found.map((each) => each.trim()))].slice(0, 5);
}

function common(action: Action, facts: TargetFacts, shown: readonly string[]): Facts {
  const amounts = amountsIn([facts.name, facts.near, ...shown]);
  return {
    act: shownAct(action),
    ...(facts.name !== '' && { control: facts.name.slice(0, 300) }),
    ...(facts.near !== '' && { near: facts.near }),
    origin: facts.frameOrigin,
    url: facts.url,
    ...(amounts.length > 0 && { amounts }),
  };
}

/** What a person is shown who decides about a commit, seen by the executor and not told by a model. */
export function commitFacts(
  action: Action,
  facts: TargetFacts,
  effect: string,
  seen: ActDescription | undefined,
): Facts {
  const { form } = facts;
  const fields = (seen?.fields ?? []).map(({ label, value }) => ({
    label,
    value: SENSITIVE.test(label) ? '•••' : value,
  }));
  return {
    effect,
    ...common(
      action,
      facts,
      fields.map(({ label, value }) => `${label} ${value}`),
    ),
    ...(form && {
      method: form.method,
      target: form.action,
      fieldNames: form.fields.map((field) => field.label || field.name),
    }),
    ...(fields.length > 0 && { fields }),
    ...(seen?.screenshot !== undefined && { screenshot: seen.screenshot }),
  };
}

/** The same for a request that waits at the wire gate. */
export function requestFacts(
  action: Action,
  facts: TargetFacts,
  { request, body, shown }: PausedRequest,
  mask: (text: string) => string,
): Facts {
  const withheld = new Set(
    facts.form?.fields
      .filter((field) => field.valueDigest === 'withheld')
      .map((field) => field.name),
  );
  const fields = (shown ?? []).slice(0, 40).map(({ name, value }) => ({
    label: mask(name).slice(0, 100),
    value: withheld.has(name) || SENSITIVE.test(name) ? '•••' : mask(value).slice(0, 300),
  }));
  return {
    ...common(
      action,
      facts,
      fields.map(({ label, value }) => `${label} ${value}`),
    ),
    request: `${request.method} ${mask(request.url).slice(0, 500)}`,
    for: request.resource,
    ...(fields.length > 0 && { fields }),
    ...(fields.length === 0 && {
      body: body === undefined ? 'not seen' : mask(body).slice(0, 500),
    }),
  };
}
