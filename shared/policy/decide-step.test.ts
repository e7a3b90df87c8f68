import { describe, expect, it } from 'vitest';

import { Action } from '../contracts/action.ts';
import { TargetFacts, type EffectClass } from '../contracts/effect.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { commitDigestOf, decideStep } from './decide-step.ts';

const ORIGIN = 'https://portal.example';
const facts = (given: Partial<TargetFacts> = {}): TargetFacts =>
  TargetFacts.parse({ frameOrigin: ORIGIN, url: `${ORIGIN}/`, ...given });
const form = (
  method: 'get' | 'post',
  hasPassword = false,
  action = `${ORIGIN}/x`,
): NonNullable<TargetFacts['form']> => ({
  method,
  action,
  hasPassword,
  scripted: false,
  fields: [{ name: 'a', label: 'A', type: 'text', valueDigest: 'sha256:1' }],
});
const click = Action.parse({ action: 'click', target: 'e1' });
const decide = (
  action: Action,
  given: TargetFacts,
  level: TaskContract['level'] = 'standard',
  commits: { name: string; origin?: string }[] = [],
  committed: string[] = [],
) =>
  decideStep(action, given, {
    runId: 'run_x',
    contract: TaskContract.parse({ navigate: [ORIGIN], level, commits }),
    committed,
    knownUrl: (url) => url === `${ORIGIN}/start`,
  });

describe('effect classes, from facts', () => {
  const cases: [string, Action, TargetFacts, EffectClass][] = [
    ['a plain link', click, facts({ href: `${ORIGIN}/a`, name: 'Purchase orders' }), 'read'],
    ['a link with a listener', click, facts({ href: `${ORIGIN}/a`, listeners: true }), 'unknown'],
    [
      'a link that deletes',
      click,
      facts({ href: `${ORIGIN}/orders/5/delete`, name: 'Delete' }),
      'commit',
    ],
    [
      'a GET form that deletes',
      click,
      facts({ submits: true, form: form('get'), name: 'Delete account' }),
      'commit',
    ],
    [
      'a form that a script takes',
      click,
      facts({ submits: true, form: { ...form('get'), scripted: true }, name: 'Go' }),
      'unknown',
    ],
    ['a GET form', click, facts({ submits: true, form: form('get'), name: 'Apply' }), 'read'],
    [
      'a POST form without any telling word',
      click,
      facts({ submits: true, form: form('post'), name: 'OK' }),
      'commit',
    ],
    [
      'a log-in to its own origin',
      click,
      facts({ submits: true, form: form('post', true), name: 'Sign in' }),
      'write',
    ],
    [
      'a log-in sent elsewhere',
      click,
      facts({ submits: true, form: form('post', true, 'https://evil.example/'), name: 'Sign in' }),
      'commit',
    ],
    [
      'a payment that asks for the password',
      click,
      facts({ submits: true, form: form('post', true), name: 'Pay now' }),
      'commit',
    ],
    ['a button that says pay', click, facts({ role: 'button', name: 'Pay' }), 'commit'],
    [
      'a German button',
      click,
      facts({ role: 'button', name: 'Jetzt kostenpflichtig bestellen' }),
      'commit',
    ],
    ['a clickable div', click, facts({ listeners: true, name: 'More' }), 'unknown'],
    ['a checkbox', click, facts({ stateOnly: true, name: 'Delete old' }), 'write'],
    [
      'typing',
      Action.parse({ action: 'type', target: 'e1', text: 'x' }),
      facts({ editable: true }),
      'write',
    ],
    [
      'typing and Enter in a POST form',
      Action.parse({ action: 'type', target: 'e1', text: 'x', submit: true }),
      facts({ editable: true, form: form('post') }),
      'commit',
    ],
    [
      'Enter in a GET form',
      Action.parse({ action: 'press', keys: 'Enter' }),
      facts({ editable: true, submits: true, form: form('get') }),
      'read',
    ],
    ['an arrow key', Action.parse({ action: 'press', keys: 'ArrowDown' }), facts(), 'write'],
    ['a shortcut', Action.parse({ action: 'press', keys: 'Control+Enter' }), facts(), 'unknown'],
    [
      'a URL of the task',
      Action.parse({ action: 'navigate', url: `${ORIGIN}/start` }),
      facts(),
      'read',
    ],
    [
      'a URL that the model made up',
      Action.parse({ action: 'navigate', url: `${ORIGIN}/logout` }),
      facts(),
      'unknown',
    ],
    ['reading', Action.parse({ action: 'read' }), facts(), 'read'],
  ];
  it.each(cases)('%s', (_name, action, given, effect) => {
    expect(decide(action, given).effect).toBe(effect);
  });
});

describe('decisions', () => {
  const pay = facts({ submits: true, form: form('post'), name: 'Confirm  order' });

  it('asks for a commit that the contract does not name, and says what to add', () => {
    const decision = decide(click, pay);
    expect(decision).toMatchObject({
      verdict: 'ask',
      effect: 'commit',
      commitName: 'Confirm order',
    });
    expect(decision.reasons.join(' ')).toContain('--allow-commit');
  });

  it('lets a named commit act, ignoring case and white space, on its origin only', () => {
    expect(decide(click, pay, 'standard', [{ name: 'confirm order' }]).verdict).toBe('allow');
    expect(
      decide(click, pay, 'standard', [{ name: 'Confirm order', origin: ORIGIN }]).verdict,
    ).toBe('allow');
    expect(
      decide(click, pay, 'standard', [{ name: 'Confirm order', origin: 'https://other.example' }])
        .verdict,
    ).toBe('ask');
    expect(decide(click, pay, 'standard', [{ name: 'Confirm' }]).verdict).toBe('ask');
  });

  it('asks before the very same is committed again, whatever the contract names and whatever the level', () => {
    const done = [commitDigestOf('run_x', click, pay)];
    expect(decide(click, pay, 'standard', [{ name: 'confirm order' }], done)).toMatchObject({
      verdict: 'ask',
      reasons: expect.arrayContaining([expect.stringContaining('already done')]),
    });
    expect(decide(click, pay, 'autonomous', [], done).verdict).toBe('ask');
    expect(
      decide(click, facts({ listeners: true, name: 'More' }), 'standard', [], done).verdict,
    ).toBe('allow');
  });

  it('lets unknowns act behind the wire gate, and asks for nothing under autonomous', () => {
    const div = facts({ listeners: true, name: 'More' });
    expect(decide(click, div).verdict).toBe('allow');
    expect(decide(click, div, 'strict').verdict).toBe('allow');
    expect(decide(click, pay, 'autonomous').verdict).toBe('allow');
  });

  it('treats an unknown beside an open WebSocket as a commit under strict', () => {
    const div = facts({ listeners: true, name: 'More', webSockets: 1 });
    expect(decide(click, div, 'strict')).toMatchObject({ verdict: 'ask', effect: 'commit' });
    expect(decide(click, div)).toMatchObject({ verdict: 'allow', effect: 'unknown' });
  });

  it('calls a control a commit once it was seen to send something', () => {
    const seen = decideStep(click, facts({ listeners: true, name: 'More' }), {
      runId: 'run_x',
      contract: TaskContract.parse({ navigate: [ORIGIN] }),
      committed: [],
      knownUrl: () => false,
      committing: true,
    });
    expect(seen).toMatchObject({ verdict: 'ask', effect: 'commit' });
  });

  it('binds a yes to what would be committed', () => {
    const digest = (given: TargetFacts): string => commitDigestOf('run_x', click, given);
    expect(digest(pay)).toBe(digest({ ...pay, ref: 'e9', documentId: 'd2' }));
    expect(digest(pay)).not.toBe(digest({ ...pay, url: `${ORIGIN}/other` }));
    expect(digest(pay)).not.toBe(digest({ ...pay, near: 'Row 9' }));
    const typed = (text: string): string =>
      commitDigestOf(
        'run_x',
        Action.parse({ action: 'type', target: 'e1', text, submit: true }),
        pay,
      );
    expect(typed('10')).not.toBe(typed('1000'));
    const goes = (url: string): string =>
      commitDigestOf('run_x', Action.parse({ action: 'navigate', url }), facts());
    expect(goes(`${ORIGIN}/a`)).not.toBe(goes(`${ORIGIN}/b`));
    const otherValue = {
      ...form('post'),
      fields: [{ name: 'a', label: 'A', type: 'text', valueDigest: 'sha256:2' }],
    };
    expect(digest(pay)).not.toBe(digest({ ...pay, form: otherValue }));
    expect(digest(pay)).not.toBe(digest({ ...pay, form: form('post', false, `${ORIGIN}/y`) }));
    expect(digest(pay)).not.toBe(commitDigestOf('run_y', click, pay));
  });
});
