import { beforeEach, describe, expect, it } from 'vitest';

import type { Action } from '../../../shared/contracts/action.ts';
import { classify } from '../../../shared/policy/effect-class.ts';
import { useDriver, useSite } from '../browser/__fixtures__/driven.ts';

const site = useSite();
const { driver } = useDriver();
beforeEach(async () => {
  await driver.go(`${site.base}/caution`);
});

const posts = (): string[] => site.seen.filter((line) => line.startsWith('POST'));
const click = (target: string): Action => ({
  action: 'click',
  target,
  button: 'left',
  count: 1,
  modifiers: [],
  why: '',
});
const classOf = async (action: Action): Promise<string> =>
  classify(action, await driver.session.inspect(action), { knownUrl: () => false }).effect;

describe('what could act for good', () => {
  it('never turns to a "next page" that pays', async () => {
    const next = driver.ref('button Pay everything');
    const action = { action: 'extract' as const, fields: [{ name: 'Order' }], next, maxPages: 2 };
    const outcome = await driver.act(action);
    expect(outcome).toMatchObject({ status: 'refused', code: 'action_refused' });
    expect(posts()).toEqual([]);
  });

  it('classes reading rows by the control that leads on', async () => {
    const extract = (next?: string): Action => ({
      action: 'extract',
      fields: [{ name: 'Order', type: 'text' }],
      maxPages: 2,
      why: '',
      ...(next !== undefined && { next }),
    });
    expect(await classOf(extract())).toBe('read');
    expect(await classOf(extract(driver.ref('button Pay everything')))).toBe('commit');
  });

  it('sends nothing by a line break at the end of a text, long or short, in fields that send on Enter', async () => {
    for (const text of ['short\n', `${'long '.repeat(30)}\r\n`, 'one\rtwo\r']) {
      await driver.act({ action: 'type', target: driver.ref('textbox Line'), text });
      await driver.act({ action: 'type', target: driver.ref('editor Chat'), text });
    }
    expect(posts()).toEqual([]);
  });

  it('does not take a form that a script handles, or that names no method, for a harmless look-up', async () => {
    expect(await classOf(click(driver.ref('button Find it')))).toBe('read');
    expect(await classOf(click(driver.ref('button Hear it')))).toBe('unknown');
    expect(await classOf(click(driver.ref('button Go')))).toBe('unknown');
  });

  it('tells one "Delete" from another by its row', async () => {
    const refs = [...driver.text.matchAll(/\[(e\d+) button Delete/g)].map(
      (match) => match[1] ?? '',
    );
    expect(refs).toHaveLength(2);
    const near = await Promise.all(
      refs.map(async (ref) => (await driver.session.inspect(click(ref))).near),
    );
    expect(near[0]).toContain('A1');
    expect(near[1]).toContain('B2');
  });

  it('keeps no digest of a password', async () => {
    const facts = await driver.session.inspect(click(driver.ref('button Log in')));
    expect(facts.form?.fields.find(({ type }) => type === 'password')?.valueDigest).toBe(
      'withheld',
    );
  });
});
