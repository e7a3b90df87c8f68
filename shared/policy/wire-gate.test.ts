import { describe, expect, it } from 'vitest';

import { Action } from '../contracts/action.ts';
import { TargetFacts } from '../contracts/effect.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import {
  controlKeyOf,
  decideRequest,
  isTelling,
  type GateContext,
  type PausedRequest,
} from './wire-gate.ts';

const HOME = 'https://portal.example';
const facts = (given: object = {}): TargetFacts =>
  TargetFacts.parse({ frameOrigin: HOME, url: `${HOME}/page`, name: 'More', ...given });
const sent = (
  url: string,
  given: Partial<PausedRequest> & { method?: string; resource?: string } = {},
): PausedRequest => {
  const { method = 'POST', resource = 'fetch', ...rest } = given;
  const origin = new URL(url).origin;
  return {
    request: { method, url, origin, resource, bodyDigest: 'hmac:1', form: false },
    body: undefined,
    fields: undefined,
    shown: undefined,
    ...rest,
  };
};
const contract = (given: object = {}): TaskContract =>
  TaskContract.parse({
    navigate: [HOME, 'https://shop.example'],
    resources: ['https://cdn.example'],
    ...given,
  });
const decide = (paused: PausedRequest, given: Partial<GateContext> = {}) =>
  decideRequest(paused, {
    contract: contract(),
    action: Action.parse({ action: 'click', target: 'e1' }),
    facts: facts(),
    yes: undefined,
    ...given,
  });

describe('levels', () => {
  const table: [TaskContract['level'], string, string][] = [
    ['strict', `${HOME}/x`, 'ask'],
    ['strict', 'https://cdn.example/x', 'ask'],
    ['standard', `${HOME}/x`, 'pass'],
    ['standard', 'https://shop.example/x', 'pass'],
    ['standard', 'https://cdn.example/x', 'ask'],
    ['autonomous', `${HOME}/x`, 'pass'],
    ['autonomous', 'https://cdn.example/x', 'pass'],
    ['autonomous', 'https://evil.example/x', 'fail'],
    ['strict', 'https://evil.example/x', 'fail'],
  ];
  it.each(table)('%s: %s is %s', (level, url, verdict) => {
    expect(decide(sent(url), { contract: contract({ level }) }).verdict).toBe(verdict);
  });

  it('says what to add', () => {
    const { reason } = decide(sent('https://cdn.example/log?a=1'));
    expect(reason).toContain(
      'add {"url":"https://cdn.example/log","method":"POST"} to contract.harmless',
    );
  });

  it('asks before a reload sends a form again, whatever the level', () => {
    const action = Action.parse({ action: 'reload' });
    const again = sent(`${HOME}/x`, { resource: 'document' });
    expect(decide(again, { action, contract: contract({ level: 'autonomous' }) }).verdict).toBe(
      'ask',
    );
  });
});

describe('endpoints that are marked harmless', () => {
  const strict = contract({
    level: 'strict',
    harmless: [{ url: `${HOME}/log` }, { url: `${HOME}/graphql`, graphql: true }],
  });
  const verdict = (paused: PausedRequest): string => decide(paused, { contract: strict }).verdict;

  it('pass exactly, with any query and the method named', () => {
    expect(verdict(sent(`${HOME}/log?a=1`))).toBe('pass');
    expect(verdict(sent(`${HOME}/log`, { method: 'DELETE' }))).toBe('ask');
    expect(verdict(sent(`${HOME}/log/x`))).toBe('ask');
    expect(verdict(sent('https://shop.example/log'))).toBe('ask');
  });

  const bodies: [string, string | undefined, string][] = [
    ['a query', '{"query":"query A { a }"}', 'pass'],
    ['the short form', '{"query":"{ a }"}', 'pass'],
    ['several queries', '[{"query":"{ a }"},{"query":"query { b }"}]', 'pass'],
    ['a mutation', '{"query":"mutation { pay }"}', 'ask'],
    ['a mutation among queries', '[{"query":"{ a }"},{"query":"mutation { pay }"}]', 'ask'],
    [
      'a mutation beside a query',
      '{"query":"query A { a } mutation B { pay }","operationName":"B"}',
      'ask',
    ],
    ['a stored operation', '{"extensions":{"persistedQuery":{"sha256Hash":"x"}}}', 'ask'],
    ['no JSON', 'query', 'ask'],
    ['nothing', undefined, 'ask'],
    ['an empty list', '[]', 'ask'],
  ];
  it.each(bodies)('of GraphQL: %s', (_what, body, expected) => {
    expect(verdict(sent(`${HOME}/graphql`, { body }))).toBe(expected);
  });
});

describe('a yes', () => {
  const form = {
    method: 'post',
    action: `${HOME}/pay`,
    hasPassword: false,
    scripted: false,
    fields: [
      { name: 'amount', label: '', type: 'text', valueDigest: '10' },
      { name: 'pin', label: '', type: 'password', valueDigest: 'withheld' },
    ],
  };
  const approved = (paused: PausedRequest, given: object = {}) =>
    decide(paused, {
      yes: 'approval',
      contract: contract({ level: 'strict' }),
      facts: facts({ submits: true, form: { ...form, ...given } }),
    });

  it('covers what was approved and nothing that changed', () => {
    expect(
      approved(
        sent(`${HOME}/pay`, {
          fields: [
            { name: 'amount', valueDigest: '10' },
            { name: 'pin', valueDigest: 'x' },
          ],
        }),
      ).verdict,
    ).toBe('pass');
    expect(
      approved(sent(`${HOME}/pay`, { fields: [{ name: 'amount', valueDigest: '1000' }] })).reason,
    ).toContain('another value of "amount"');
    expect(
      approved(sent(`${HOME}/pay`, { fields: [{ name: 'to', valueDigest: 'x' }] })).reason,
    ).toContain('"to"');
    expect(approved(sent(`${HOME}/steal`)).reason).toContain('/steal');
  });

  it('lets a script take the form on its own site, but not change what stood in it', () => {
    const scripted = { scripted: true };
    expect(
      approved(
        sent(`${HOME}/api`, {
          fields: [
            { name: 'amount', valueDigest: '10' },
            { name: 'nonce', valueDigest: 'n' },
          ],
        }),
        scripted,
      ).verdict,
    ).toBe('pass');
    expect(
      approved(sent(`${HOME}/api`, { fields: [{ name: 'amount', valueDigest: '1000' }] }), scripted)
        .verdict,
    ).toBe('ask');
    expect(approved(sent('https://shop.example/api'), scripted).verdict).toBe('ask');
  });

  it('of a control without a form covers its own origin', () => {
    const strict = { yes: 'approval' as const, contract: contract({ level: 'strict' }) };
    expect(decide(sent(`${HOME}/x`), strict).verdict).toBe('pass');
    expect(decide(sent('https://shop.example/x'), strict).verdict).toBe('ask');
  });
});

describe('controls', () => {
  it('are told by what they send to their own site', () => {
    const by = { by: 'level' as const };
    expect(isTelling(facts(), { resource: 'xhr', url: `${HOME}/x`, ...by })).toBe(true);
    expect(
      isTelling(facts({ frameOrigin: 'https://www.bank.example' }), {
        resource: 'xhr',
        url: 'https://api.bank.example/x',
        ...by,
      }),
    ).toBe(true);
    expect(isTelling(facts(), { resource: 'ping', url: `${HOME}/x`, ...by })).toBe(false);
    expect(isTelling(facts(), { resource: 'xhr', url: 'https://cdn.example/x', ...by })).toBe(
      false,
    );
    expect(isTelling(facts(), { resource: 'xhr', url: `${HOME}/x`, by: 'harmless' })).toBe(false);
  });

  it('are known by origin, role and name; without a name by their place', () => {
    expect(controlKeyOf(facts({ ref: 'e1' }))).toBe(
      controlKeyOf(facts({ ref: 'e9', url: `${HOME}/other`, name: ' MORE ' })),
    );
    expect(controlKeyOf(facts())).not.toBe(
      controlKeyOf(facts({ frameOrigin: 'https://shop.example' })),
    );
    expect(controlKeyOf(facts({ name: '', ref: 'e1' }))).not.toBe(
      controlKeyOf(facts({ name: '', ref: 'e2' })),
    );
  });
});
