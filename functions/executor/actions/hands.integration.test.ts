import { describe, expect, it } from 'vitest';

import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { useDriver, useSite } from '../browser/__fixtures__/driven.ts';
import { openDriver } from '../browser/__fixtures__/site.ts';

const site = useSite();
const { driver, pool } = useDriver();

describe('typing', () => {
  it('presses keys only where somebody listens to keys', async () => {
    await driver.go(`${site.base}/keys`);
    await driver.act({ action: 'type', target: driver.ref('textbox Quiet'), text: 'abc' });
    await driver.act({ action: 'type', target: driver.ref('textbox Listened'), text: 'abc' });
    await driver.act({
      action: 'type',
      target: driver.ref('textbox Quiet'),
      text: 'xy',
      delayMs: 1,
    });
    expect(await driver.log()).toEqual([
      'quiet abc true',
      'key a',
      'listened a true',
      'key b',
      'listened ab true',
      'key c',
      'listened abc true',
      'quiet x true',
      'quiet xy true',
    ]);
  });

  it.each([
    ['Empty', 'a body that is edited'],
    ['Filled', 'a body with a paragraph'],
    ['Whole', 'a document'],
  ])('types into the rich text editor %s: %s', async (name) => {
    await driver.go(`${site.base}/rich`);
    const target = driver.ref(`editor ${name}`);
    expect(await driver.act({ action: 'type', target, text: 'Dear all' })).toMatchObject({
      status: 'done',
    });
    expect(await driver.look()).toContain(`editor ${name} = Dear all`);
  });

  it('says when a field takes the beginning of a text only, and lets it be written its own way', async () => {
    await driver.go(`${site.base}/short`);
    const type = async (field: string, text: string): Promise<OutcomeInput> =>
      driver.act({ action: 'type', target: driver.ref(`textbox ${field}`), text });
    const short = { status: 'failed', code: 'action_failed', acted: true };
    expect(await type('Code', '123456')).toMatchObject({
      ...short,
      message: 'the field took only the first 4 of 6 characters',
    });
    for (const [field, text] of [
      ['Code', '1234'],
      ['Digits', '12ab'],
      ['Grouped', '1234567'],
      ['Trimmed', 'Ada '],
      ['Chips', 'one,'],
      ['First digit', '42'],
    ] as const)
      expect(await type(field, text)).toMatchObject({ status: 'done' });
  });

  it('says when a field does not take the text', async () => {
    await driver.go(`${site.base}/keys`);
    expect(
      await driver.act({ action: 'type', target: driver.ref('textbox Stubborn'), text: 'new' }),
    ).toMatchObject({ status: 'failed', code: 'action_failed' });
  });

  it('chooses a suggestion of a field by its label', async () => {
    await driver.go(`${site.base}/keys`);
    const target = driver.ref('combobox Airport');
    expect(
      await driver.act({ action: 'select', target, values: ['Vienna'], expect: { value: 'VIE' } }),
    ).toMatchObject({ status: 'done', data: ['VIE'] });
    expect(await driver.act({ action: 'select', target, values: ['Nowhere'] })).toMatchObject({
      status: 'refused',
      message: expect.stringContaining('Vienna'),
    });
  });

  it('selects text in a field and in the page', async () => {
    await driver.go(`${site.base}/keys`);
    const target = driver.ref('textbox Stubborn');
    expect(await driver.act({ action: 'select_text', target, text: 'fixed' })).toMatchObject({
      status: 'done',
      data: 'fixed',
    });
    expect(await driver.act({ action: 'select_text', target, text: 'other' })).toMatchObject({
      status: 'refused',
      acted: false,
    });
    const editor = driver.ref('editor');
    await driver.act({ action: 'select_text', target: editor, text: 'bold words' });
    expect(await driver.peek('getSelection().toString()')).toBe('bold words');
    await driver.act({ action: 'select_text', target: editor, start: 0, end: 4 });
    expect(await driver.peek('getSelection().toString()')).toBe('Some');
  });
});

describe('dragging', () => {
  it('drags by the events of HTML5', async () => {
    await driver.go(`${site.base}/drag`);
    const [from, to] = [driver.ref('draggable Card'), driver.ref('focusable Bin')];
    expect(await driver.act({ action: 'drag', from, to })).toMatchObject({ status: 'done' });
    expect(await driver.log()).toEqual(['dropped Card']);
  });

  it('drags by pointer events, along a path', async () => {
    await driver.go(`${site.base}/drag`);
    const box = await driver.peek<{ x: number; y: number }>('where(knob)');
    const at = (dx: number, dy: number): string => `@${box.x + dx},${box.y + dy}`;
    expect(
      await driver.act({ action: 'drag', from: at(0, 0), to: at(100, 60), path: [at(0, 60)] }),
    ).toMatchObject({ status: 'done', acted: true });
    expect(await driver.peek('knob.style.translate')).toBe('100px 60px');
    expect(await driver.log()).toContain('passed 0,60');
  });

  it('holds the button and the pointer for as long as told', async () => {
    await driver.go(`${site.base}/drag`);
    const target = driver.ref('button Hold');
    await driver.act({ action: 'click', target });
    expect(await driver.log()).toEqual([]);
    await driver.act({ action: 'click', target, holdMs: 250 });
    expect(await driver.log()).toEqual(['held']);
    await driver.act({ action: 'hover', target: driver.ref('button Linger'), holdMs: 250 });
    expect(await driver.log()).toEqual(['held', 'lingered']);
  });
});

describe('files', () => {
  it('puts artifacts into a file field and into one that is asked for by a button', async () => {
    await driver.go(`${site.base}/files`);
    driver.host.files.set('a.csv', Buffer.from('x;y\n1;"2;3"\n'));
    expect(
      await driver.act({ action: 'upload', target: driver.ref('file Document'), files: ['a.csv'] }),
    ).toMatchObject({ status: 'done' });
    expect(
      await driver.act({ action: 'upload', target: driver.ref('button Choose'), files: ['a.csv'] }),
    ).toMatchObject({ status: 'done' });
    expect(await driver.log()).toEqual(['doc a.csv 12 true', 'asked a.csv 12 true']);
    expect(
      await driver.act({ action: 'upload', target: driver.ref('file Document'), files: ['b'] }),
    ).toMatchObject({ status: 'refused', code: 'invalid_request', acted: false });
    expect(
      await driver.act({ action: 'click', target: driver.ref('button Choose') }),
    ).toMatchObject({ status: 'done' });
  });

  it('reads artifacts and prints the page', async () => {
    await driver.go(`${site.base}/files`);
    driver.host.files.set('a.csv', Buffer.from('\ufeffx;y\n1;"2;3"\n'));
    expect(await driver.act({ action: 'read', artifact: 'a.csv', as: 'table' })).toMatchObject({
      data: [{ x: '1', y: '2;3' }],
    });
    expect(await driver.act({ action: 'read', artifact: 'none' })).toMatchObject({
      status: 'refused',
    });
    const printed = await driver.act({ action: 'print' });
    expect(printed).toMatchObject({ artifacts: [{ source: 'print' }] });
    expect(driver.host.files.get('page.pdf')?.subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('answers HTTP authentication from the host, and only once', async () => {
    expect(await driver.go(`${site.base}/auth`)).toContain('Who are you');
    driver.host.credentials = { username: 'ada', password: 'right' };
    expect(await driver.go(`${site.base}/auth`)).toContain('Welcome ada');
    driver.host.credentials = { username: 'ada', password: 'wrong' };
    expect(await driver.go(`${site.base}/auth?other`)).toContain('Welcome ada');
    const other = await openDriver(pool);
    other.host.credentials = { username: 'ada', password: 'wrong' };
    expect(await other.go(`${site.base}/auth`)).toContain('Who are you');
    await other.session.close();
  });
});

describe('looking', () => {
  it('waits for a value by number or pattern', async () => {
    await driver.go(`${site.base}/drag`);
    const target = driver.ref('spinbutton Level');
    await driver.peek('setTimeout(()=>{level.value="42"},200)&&0');
    expect(await driver.act({ action: 'wait', target, compare: '>', number: 40 })).toMatchObject({
      status: 'done',
    });
    expect(await driver.act({ action: 'wait', target, matches: '^4\\d$', ms: 300 })).toMatchObject({
      status: 'done',
    });
    expect(
      await driver.act({ action: 'wait', target, compare: '<', number: 40, ms: 200 }),
    ).toMatchObject({ status: 'timeout' });
    expect(await driver.act({ action: 'wait', target, matches: '(' })).toMatchObject({
      status: 'refused',
    });
  });

  it('finds by pattern and inside a region', async () => {
    await driver.go(`${site.base}/stale`);
    const all = await driver.act({ action: 'find', matches: '^del', role: 'button' });
    expect(all).toMatchObject({ data: { total: 2 } });
    const none = await driver.act({ action: 'find', matches: '^elete' });
    expect(none).toMatchObject({ data: { total: 0 } });
    const region = driver.ref('button Swap');
    expect(await driver.act({ action: 'find', region })).toMatchObject({ data: { total: 1 } });
  });

  it('reads Markdown and geometry', async () => {
    await driver.go(`${site.base}/keys`);
    const text = await driver.act({ action: 'read', as: 'markdown' });
    expect(text.data).toContain('# Keys');
    expect(text.data).toContain('Some **bold words** here');
    const drawn = await driver.act({ action: 'read', as: 'geometry' });
    expect(drawn.data).toContainEqual(
      expect.objectContaining({ tag: 'circle', fill: 'rgb(255, 0, 0)', width: 20 }),
    );
  });

  it('refuses a point whose element moved since it was observed', async () => {
    await driver.go(`${site.base}/drag`);
    const box = await driver.peek<{ x: number; y: number }>('where(hold)');
    const target = `@${box.x},${box.y}`;
    await driver.peek('hold.style.marginTop="1px"');
    expect(await driver.act({ action: 'click', target })).toMatchObject({ status: 'done' });
    await driver.peek('hold.style.marginTop="9px"');
    expect(await driver.act({ action: 'click', target })).toMatchObject({
      status: 'stale',
      acted: false,
    });
    await driver.look('full');
    expect(await driver.act({ action: 'click', target })).toMatchObject({ status: 'done' });
  });
});
