import type { Action } from '../contracts/action.ts';
import type { FormField, TargetFacts } from '../contracts/effect.ts';
import type { HarmlessEndpoint, TaskContract } from '../contracts/task-contract.ts';
import type { GatedRequest, WireRequest } from '../contracts/wire-request.ts';
import { digestOfJson } from '../core/digest.ts';
import { fold } from './commit-lexicon.ts';
import { mayFetch, mayShow, siteOf } from './origins.ts';

/** A field that a request sends; `value` is the digest by which the facts of a form know it. */
export interface SentField {
  readonly name: string;
  readonly valueDigest: string;
}

/** A paused request, with what the log does not keep. */
export interface PausedRequest {
  readonly request: WireRequest;
  /** The body as text, where it is one and not too long. */
  readonly body: string | undefined;
  /** Fields of a form that it sends. */
  readonly fields: readonly SentField[] | undefined;
  /** The same with their values, for the person who is asked; never kept as it is. */
  readonly shown: readonly { readonly name: string; readonly value: string }[] | undefined;
}

export interface GateContext {
  readonly contract: TaskContract;
  readonly action: Action;
  readonly facts: TargetFacts;
  /** Why the step itself may act: the contract names it, or a person approved these facts. */
  readonly yes: 'named' | 'approval' | undefined;
}

export interface GateVerdict {
  readonly verdict: 'pass' | 'ask' | 'fail';
  readonly by: GatedRequest['by'];
  readonly reason: string;
}

const withoutQuery = (url: string): string => url.split(/[?#]/, 1)[0] ?? '';

/** A GraphQL body that can change nothing: queries only, each in full text. */
function isQuery(body: string | undefined): boolean {
  if (body === undefined) return false;
  try {
    const parsed = JSON.parse(body) as unknown;
    const all: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return (
      all.length > 0 &&
      all.every((each) => {
        const query = (each as { query?: unknown } | null)?.query;
        return (
          typeof query === 'string' &&
          /^\s*(query\b|\{|fragment\b|#)/.test(query) &&
          !/\b(mutation|subscription)\b/i.test(query)
        );
      })
    );
  } catch {
    return false;
  }
}

function isHarmless(endpoint: HarmlessEndpoint, { request, body }: PausedRequest): boolean {
  return (
    endpoint.url === withoutQuery(request.url) &&
    endpoint.method === request.method &&
    (!endpoint.graphql || isQuery(body))
  );
}

/**
 * What the request sends beside or instead of what a person approved; undefined when it is the same. A script that takes a form may send
 * it elsewhere on its site and add to it, but not change what stood in it.
 */
function changedSince(facts: TargetFacts, { request, fields }: PausedRequest): string | undefined {
  const { form } = facts;
  if (!form || !facts.submits) return undefined;
  if (!form.scripted && withoutQuery(request.url) !== withoutQuery(form.action))
    return `it goes to ${withoutQuery(request.url)} and not to ${withoutQuery(form.action)}`;
  for (const sent of fields ?? []) {
    const same = form.fields.filter((field) => field.name === sent.name);
    if (same.length === 0 && !form.scripted)
      return `it sends the field "${sent.name}", which was not there`;
    const holds = (field: FormField): boolean =>
      field.valueDigest === 'withheld' ||
      field.type === 'file' ||
      field.valueDigest === sent.valueDigest;
    if (same.length > 0 && !same.some(holds)) return `it sends another value of "${sent.name}"`;
  }
  return undefined;
}

/** Whether a paused request leaves, waits for a person, or fails; with the reason, which names what to add. */
export function decideRequest(paused: PausedRequest, context: GateContext): GateVerdict {
  const { contract, facts, yes, action } = context;
  const { request } = paused;
  const what = `${request.method} ${withoutQuery(request.url)}`;
  if (!mayFetch(contract, request.url))
    return {
      verdict: 'fail',
      by: 'policy',
      reason: `${request.origin} is not allowed by the task contract; add it to contract.resources if it should be`,
    };
  if (contract.harmless.some((endpoint) => isHarmless(endpoint, paused)))
    return { verdict: 'pass', by: 'harmless', reason: 'contract.harmless names the endpoint' };
  if (action.action === 'reload' && request.resource === 'document')
    return { verdict: 'ask', by: 'policy', reason: 'reloading would send the form again' };
  if (yes === 'approval') {
    const change = changedSince(facts, paused);
    if (change !== undefined)
      return { verdict: 'ask', by: 'approval', reason: `this is not what was approved: ${change}` };
    if (facts.form && facts.submits && !facts.form.scripted)
      return { verdict: 'pass', by: 'approval', reason: 'what was approved' };
    if (request.origin === facts.frameOrigin)
      return { verdict: 'pass', by: 'approval', reason: 'sent by the control that was approved' };
  }
  if (yes === 'named' && mayShow(contract, request.origin))
    return {
      verdict: 'pass',
      by: 'named',
      reason: 'sent by a control that the task contract names',
    };
  if (contract.level === 'autonomous')
    return { verdict: 'pass', by: 'level', reason: 'level autonomous asks for nothing' };
  if (contract.level === 'standard' && mayShow(contract, request.origin))
    return {
      verdict: 'pass',
      by: 'level',
      reason: 'level standard lets requests to the hosts of contract.navigate go',
    };
  const cure = `add {"url":"${withoutQuery(request.url)}","method":"${request.method}"} to contract.harmless if it changes nothing`;
  return {
    verdict: 'ask',
    by: 'level',
    reason:
      contract.level === 'strict'
        ? `level strict asks for every ${what}; ${cure}`
        : `${what} goes to a host that is not in contract.navigate; ${cure}`,
  };
}

/** What a yes at the gate is bound to: the run, the page, the control and all that the request carries. */
export function requestDigestOf(runId: string, facts: TargetFacts, request: WireRequest): string {
  const page = URL.canParse(facts.url) ? new URL(facts.url) : undefined;
  return digestOfJson({
    runId,
    page: page ? `${page.origin}${page.pathname}` : facts.url,
    control: fold(facts.name),
    near: fold(facts.near),
    method: request.method,
    url: request.url,
    body: request.bodyDigest,
  });
}

/** A request that shows its control to be more than harmless: to its own site, no beacon, not marked harmless. */
export function isTelling(
  facts: TargetFacts,
  request: Pick<GatedRequest, 'resource' | 'by' | 'url'>,
): boolean {
  const site = siteOf(request.url);
  return (
    request.resource !== 'ping' &&
    request.by !== 'harmless' &&
    site !== undefined &&
    site === siteOf(facts.frameOrigin)
  );
}

/** By what a control is known again on its origin. One without a name is known by its place. */
export function controlKeyOf(facts: TargetFacts): string {
  const name = fold(facts.name);
  const page = URL.canParse(facts.url) ? new URL(facts.url).pathname : '';
  return digestOfJson({
    origin: facts.frameOrigin,
    role: facts.role || facts.tag,
    name,
    ...(name === '' && { page, near: fold(facts.near), ref: facts.ref ?? '' }),
  });
}
