import { describe, expect, it } from 'vitest';

import { useDriver, useSite } from '../browser/__fixtures__/driven.ts';

const site = useSite();
const { driver } = useDriver();

const field = (name: string): string => `document.forms[0].${name}.value`;

describe('pointer', () => {
  it('clicks with trusted input: plain, double, right, with a modifier', async () => {
    await driver.go(`${site.base}/pointer`);
    const div = driver.ref('clickable Div button');
    await driver.act({ action: 'click', target: div });
    await driver.act({ action: 'click', target: div, count: 2 });
    await driver.act({ action: 'click', target: div, modifiers: ['Control'] });
    await driver.act({ action: 'click', target: div, button: 'right' });
    await driver.act({ action: 'click', target: driver.ref('clickable .icon') });
    expect(await driver.log()).toEqual([
      'div 1 true 0 false',
      'div 1 true 0 false',
      'div 2 true 0 false',
      'div 1 true 0 true',
      'context',
      'icon',
    ]);
  });

  it('waits for a disabled control, scrolls to a far one, opens a menu by hovering', async () => {
    await driver.go(`${site.base}/pointer`);
    expect(await driver.act({ action: 'click', target: driver.ref('button Late') })).toMatchObject({
      status: 'done',
    });
    expect(
      await driver.act({ action: 'click', target: driver.ref('button Far away') }),
    ).toMatchObject({ status: 'done' });
    await driver.act({ action: 'scroll', to: 'top' });
    const found = await driver.act({ action: 'find', text: 'Late' });
    expect(found.status).toBe('done');
    const host = await driver.peek<{ x: number; y: number }>(
      "(()=>{const b=document.getElementById('host').getBoundingClientRect();return{x:Math.round(b.x+20),y:Math.round(b.y+5)}})()",
    );
    await driver.look();
    await driver.act({ action: 'hover', target: `@${host.x},${host.y}` });
    await driver.look('full');
    await driver.act({ action: 'click', target: driver.ref('button From menu') });
    expect(await driver.log()).toEqual(['late', 'far', 'menu']);
  });

  it('names what covers or disables a target and touches nothing', async () => {
    await driver.go(`${site.base}/pointer`);
    const covered = await driver.act(
      { action: 'click', target: driver.ref('button Covered') },
      { timeoutMs: 1_500 },
    );
    expect(covered).toMatchObject({
      status: 'blocked',
      code: 'target_blocked',
      acted: false,
      message: expect.stringContaining('div#cover.veil "Veil"'),
    });
    expect(
      await driver.act(
        { action: 'click', target: driver.ref('button Never') },
        { timeoutMs: 1_500 },
      ),
    ).toMatchObject({ status: 'blocked', message: expect.stringContaining('disabled') });
    expect(await driver.log()).toEqual([]);
  });

  it('refuses a point after scrolling', async () => {
    await driver.go(`${site.base}/pointer`);
    await driver.peek('scrollTo(0,300)');
    expect(await driver.act({ action: 'click', target: '@20,20' })).toMatchObject({
      status: 'stale',
      code: 'target_stale',
    });
  });
});

describe('fields', () => {
  it('types key by key, and replaces or appends', async () => {
    await driver.go(`${site.base}/form`);
    const user = driver.ref('textbox User name');
    expect(
      await driver.act({ action: 'type', target: user, text: 'Zoë 1', expect: { value: 'Zoë 1' } }),
    ).toMatchObject({ status: 'done', acted: true });
    await driver.act({ action: 'type', target: user, text: '!', clear: false });
    expect(await driver.peek(field('user'))).toBe('Zoë 1!');
    expect(await driver.log()).toContain('key Z true');
    expect(await driver.log()).toContain('input user Zoë 1! true');
    await driver.act({ action: 'type', target: user, text: '' });
    expect(await driver.peek(field('user'))).toBe('');
    const long = 'word '.repeat(200).trim();
    await driver.act({
      action: 'type',
      target: driver.ref('textbox Note'),
      text: `${long}\nline two`,
    });
    expect(await driver.peek(field('note'))).toBe(`${long}\nline two`);
    await driver.act({ action: 'type', target: driver.ref('editor'), text: 'fresh' });
    expect(await driver.peek('ed.innerText')).toBe('fresh');
  });

  it('sets dates, times, colours, ranges and numbers by ISO values', async () => {
    await driver.go(`${site.base}/form`);
    const wanted = {
      date: ['Day', '2026-03-31', 'day'],
      time: ['At', '14:30', 'at'],
      color: ['Ink', '#aabbcc', 'ink'],
      slider: ['Loud', '7', 'loud'],
      spinbutton: ['Count', '42', 'count'],
    };
    for (const [role, [name, value, key]] of Object.entries(wanted)) {
      expect(
        await driver.act({
          action: 'type',
          target: driver.ref(`${role} ${name}`),
          text: value ?? '',
        }),
      ).toMatchObject({ status: 'done' });
      expect(await driver.peek(field(key ?? ''))).toBe(value);
    }
    expect(
      await driver.act({ action: 'type', target: driver.ref('date Day'), text: '31.3.2026' }),
    ).toMatchObject({ code: 'invalid_request' });
    expect(await driver.peek(field('day'))).toBe('2026-03-31');
  });

  it('chooses options by value or label, and several', async () => {
    await driver.go(`${site.base}/form`);
    await driver.act({ action: 'select', target: driver.ref('select Size'), values: ['medium'] });
    expect(await driver.peek(field('size'))).toBe('M');
    await driver.act({ action: 'select', target: driver.ref('select Size'), values: ['S'] });
    expect(await driver.peek(field('size'))).toBe('S');
    await driver.act({ action: 'select', target: driver.ref('select Many'), values: ['a', 'c'] });
    expect(
      await driver.peek('[...document.forms[0].many.selectedOptions].map(o=>o.label).join()'),
    ).toBe('a,c');
    expect(
      await driver.act({ action: 'select', target: driver.ref('select Size'), values: ['XXL'] }),
    ).toMatchObject({ status: 'refused', message: expect.stringContaining('Small | Medium') });
  });

  it('checks boxes and radios, and leaves alone what is right already', async () => {
    await driver.go(`${site.base}/form`);
    await driver.act({ action: 'check', target: driver.ref('checkbox I agree') });
    await driver.act({ action: 'check', target: driver.ref('radio Sea') });
    expect(await driver.peek('document.forms[0].agree.checked+document.forms[0].way.value')).toBe(
      'truesea',
    );
    expect(
      await driver.act({ action: 'check', target: driver.ref('checkbox I agree') }),
    ).toMatchObject({ status: 'done', acted: false });
    await driver.act({ action: 'check', target: driver.ref('checkbox I agree'), checked: false });
    expect(await driver.peek('document.forms[0].agree.checked')).toBe(false);
  });

  it('works lists, switches and hidden boxes that pages build themselves', async () => {
    await driver.go(`${site.base}/aria`);
    expect(
      await driver.act({
        action: 'select',
        target: driver.ref('combobox Choose'),
        values: ['Brazil'],
      }),
    ).toMatchObject({ status: 'done' });
    expect(
      await driver.act({ action: 'select', target: driver.ref('combobox City'), values: ['Bonn'] }),
    ).toMatchObject({ status: 'done' });
    expect(
      await driver.act({ action: 'check', target: driver.ref('switch Alerts') }),
    ).toMatchObject({ status: 'done' });
    expect(
      await driver.act({ action: 'check', target: driver.ref('checkbox Hidden box') }),
    ).toMatchObject({ status: 'done' });
    await driver.act({ action: 'click', target: driver.ref('tab Two') });
    await driver.act({ action: 'click', target: driver.ref('summary More') });
    expect(await driver.log()).toEqual([
      'picked Brazil',
      'city Bonn',
      'switch',
      'hidden true',
      'tab two',
    ]);
    expect(await driver.peek("document.querySelector('details').open")).toBe(true);
  });

  it('presses keys, and Enter in a field submits its form', async () => {
    await driver.go(`${site.base}/form`);
    await driver.act({ action: 'type', target: driver.ref('textbox User name'), text: 'abc' });
    await driver.act({ action: 'press', keys: 'Backspace', count: 2 });
    expect(await driver.peek(field('user'))).toBe('a');
    expect(await driver.inspect({ action: 'press', keys: 'Enter' })).toMatchObject({
      submits: true,
      tag: 'input',
      form: { method: 'post', action: `${site.base}/submit`, hasPassword: true },
    });
    expect(await driver.inspect({ action: 'press', keys: 'a' })).toMatchObject({ submits: false });
    const entered = await driver.act({
      action: 'press',
      keys: 'Enter',
      expect: { text: 'Thank you', url: '/submit' },
    });
    expect(entered).toMatchObject({
      status: 'done',
      changed: { document: true, url: `${site.base}/submit` },
    });
    expect(site.seen.some((line) => line.startsWith('POST 127.0.0.1/submit user=a&'))).toBe(true);
    expect(await driver.act({ action: 'press', keys: 'NoSuchKey' })).toMatchObject({
      status: 'refused',
      code: 'invalid_request',
    });
  });
});
