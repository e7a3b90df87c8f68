import { describe, expect, it } from 'vitest';

import { Action } from '../../../shared/contracts/action.ts';
import { digestOf } from '../../../shared/core/digest.ts';
import { PLAN_SCHEMA, WIRE_ARGUMENTS } from './wire-schema.ts';
import { toAction, toWireItem } from './wire-step.ts';

const SAMPLES: readonly Record<string, unknown>[] = [
  { action: 'navigate', url: 'https://site.example/' },
  {
    action: 'click',
    target: 'f2e7',
    button: 'right',
    count: 2,
    modifiers: ['Shift'],
    why: 'open the menu',
    expectUrl: '/x*',
    expectGone: 'Loading',
  },
  { action: 'click', target: '@640,360', expectDownload: true },
  { action: 'type', target: 'e12', text: '', clear: true, submit: false },
  { action: 'press', keys: 'Control+A' },
  { action: 'select', target: 'e3', values: ['Germany'] },
  { action: 'check', target: 'e4', checked: false },
  { action: 'scroll', pages: -1.5 },
  { action: 'wait', idle: true },
  { action: 'wait', target: 'e9', compare: '>=', number: 3.5, matches: '^\\d' },
  { action: 'drag', from: 'e1', to: '@5,6', path: ['@1,2', '@3,4'], holdMs: 100 },
  { action: 'select_text', target: 'e1', text: 'some words' },
  { action: 'upload', target: 'e1', files: ['a.csv'] },
  { action: 'print' },
  { action: 'read', artifact: 'a.csv', as: 'table' },
  { action: 'find', text: 'Save', role: 'button', page: 2 },
  { action: 'read', as: 'links', name: 'links' },
  {
    action: 'extract',
    target: 'e20',
    name: 'rows',
    maxPages: 3,
    next: 'e40',
    keepField: 'date',
    keepOp: 'newest-month',
    fields: [
      { name: 'date', header: 'Date', type: 'date' },
      { name: 'file', css: 'a', attribute: 'href', type: 'text' },
    ],
  },
  { action: 'tab', op: 'switch', id: 't2' },
  { action: 'dialog', accept: true, text: 'yes' },
  { action: 'ask', question: 'Which?', kind: 'choice', choices: ['a', 'b'] },
  {
    action: 'finish',
    status: 'success',
    summary: '',
    result: '{"total":{"$step":"2-1"}}',
    evidence: ['q'],
  },
];

describe('the wire form of steps', () => {
  it('maps every sample onto the strict contract and back to the same contract', () => {
    for (const sample of SAMPLES) {
      const parsed = toAction(sample);
      expect(parsed.invalid, JSON.stringify(sample)).toBeUndefined();
      expect(Action.safeParse(parsed.action).success).toBe(true);
      expect(toAction(toWireItem(parsed.action!))).toEqual(parsed);
    }
  });

  it('nests what travels flat', () => {
    expect(toAction(SAMPLES[1]).action).toMatchObject({ expect: { url: '/x*', gone: 'Loading' } });
    expect(toAction(SAMPLES[17]).action).toMatchObject({
      keep: { field: 'date', op: 'newest-month' },
    });
    expect(toAction(SAMPLES[21]).action).toMatchObject({ result: { total: { $step: '2-1' } } });
  });

  it('takes null and empty arguments as left out', () => {
    const item = {
      action: 'click',
      target: 'e1',
      url: '',
      text: null,
      modifiers: [],
      expectText: '',
      expectDownload: false,
    };
    expect(toAction(item).action).toEqual({
      action: 'click',
      target: 'e1',
      button: 'left',
      count: 1,
      modifiers: [],
      why: '',
    });
  });

  it.each([
    [
      { action: 'click', target: '12' },
      'target: a ref such as e12, f2e7, or a point such as @640,360; got "12" (2 characters).',
    ],
    [{ action: 'click' }, 'target: '],
    [{ action: 'clik' }, 'action: got "clik" (4 characters); use one of navigate, back'],
    [
      { action: 'click', target: 'e1', text: 'hello' },
      'text: click has no such argument; leave it out. click takes: target (required)',
    ],
    [{ action: 'click', target: 'e1', script: 'alert(1)' }, 'script: click has no such argument'],
    [
      { action: 'finish', status: 'success', summary: 's', result: 'plain' },
      'result: must be JSON as text',
    ],
    [{ action: 'scroll', dx: 1.5 }, 'dx: '],
    [{ action: 'click', target: 'e1', expectText: 5 }, 'expectText: '],
    [['click'], 'A step is an object with "action"; got a list of 1.'],
    [null, 'got null'],
  ])('refuses %j and says why', (item, message) => {
    const { invalid } = toAction(item);
    expect(invalid?.message).toContain(message);
    expect(invalid?.received).toBe(JSON.stringify(item));
  });

  it('bounds what it says of a huge item', () => {
    const { invalid } = toAction({ action: 'type', target: 'x', text: 'a'.repeat(300_000) });
    expect(invalid!.message.length).toBeLessThanOrEqual(2_000);
    expect(invalid!.received.length).toBe(4_000);
  });

  it('has a flat schema: action first and alone required, nothing deeper than the fields of extract', () => {
    const step = PLAN_SCHEMA.properties!['steps']!.items!;
    expect(step.propertyOrdering![0]).toBe('action');
    expect(step.required).toEqual(['action']);
    expect(step.properties!['action']!.enum).toEqual([...WIRE_ARGUMENTS.keys()]);
    const nested = Object.entries(step.properties!).filter(
      ([, schema]) => schema.type === 'OBJECT' || schema.items?.type === 'OBJECT',
    );
    expect(nested.map(([name]) => name)).toEqual(['fields']);
    expect(JSON.stringify(PLAN_SCHEMA)).not.toMatch(/oneOf|anyOf|\$ref|pattern/);
  });

  it('keeps its bytes: a change moves every cached prompt', () => {
    expect(digestOf(JSON.stringify(PLAN_SCHEMA))).toMatchInlineSnapshot(
      `"sha256:d88eeaaa4cca0635c53b6310898b8ba8b198353280af118f5d9b3b27943dca4f"`,
    );
  });
});
