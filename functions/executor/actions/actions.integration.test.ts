import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { BrowserPool } from '../browser-session.ts';
import {
  openDriver,
  startSite,
  testPool,
  type Driver,
  type Site,
} from '../browser/__fixtures__/site.ts';

let site: Site;
let pool: BrowserPool;
let driver: Driver;

beforeAll(async () => {
  site = await startSite();
  pool = testPool();
});
afterAll(async () => {
  await pool.close();
  await site.close();
});
beforeEach(async () => {
  driver = await openDriver(pool);
});
afterEach(async () => {
  await driver.session.close();
});

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
      { timeoutMs: 600 },
    );
    expect(covered).toMatchObject({
      status: 'blocked',
      code: 'target_blocked',
      acted: false,
      message: expect.stringContaining('div#cover.veil "Veil"'),
    });
    expect(
      await driver.act({ action: 'click', target: driver.ref('button Never') }, { timeoutMs: 400 }),
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

describe('facts', () => {
  it('tells submit buttons from plain ones, with the form and its fields', async () => {
    await driver.go(`${site.base}/form`);
    await driver.act({ action: 'type', target: driver.ref('password Password'), text: 'x' });
    const send = await driver.inspect({ action: 'click', target: driver.ref('button Send order') });
    expect(send).toMatchObject({
      submits: true,
      tag: 'button',
      role: 'button',
      name: 'Send order',
      form: { method: 'post', action: `${site.base}/submit`, hasPassword: true },
      frameOrigin: site.base,
    });
    expect(send.form?.fields.find((each) => each.name === 'pw')).toMatchObject({
      label: 'Password',
      type: 'password',
      valueDigest: 'withheld',
    });
    expect(JSON.stringify(send)).not.toContain('"x"');
    expect(
      await driver.inspect({ action: 'click', target: driver.ref('button Plain') }),
    ).toMatchObject({ submits: false, listeners: true });
    expect(
      await driver.inspect({ action: 'click', target: driver.ref('button Elsewhere') }),
    ).toMatchObject({ submits: true, form: { method: 'get', action: `${site.base}/other` } });
    expect(
      await driver.inspect({ action: 'check', target: driver.ref('checkbox I agree') }),
    ).toMatchObject({ stateOnly: true });
    expect(
      await driver.inspect({ action: 'type', target: driver.ref('textbox User name'), text: 'a' }),
    ).toMatchObject({ editable: true, submits: false });
    expect(
      await driver.inspect({
        action: 'type',
        target: driver.ref('textbox User name'),
        text: 'a',
        submit: true,
      }),
    ).toMatchObject({ submits: true });
  });

  it('gives absolute links, and listeners of elements around', async () => {
    await driver.go(`${site.base}/`);
    expect(await driver.inspect({ action: 'click', target: driver.ref('link Two') })).toMatchObject(
      { href: `${site.base}/two`, listeners: false, submits: false },
    );
    await driver.go(`${site.base}/pointer`);
    expect(
      await driver.inspect({ action: 'click', target: driver.ref('clickable Div') }),
    ).toMatchObject({ listeners: true });
  });
});

describe('stale targets', () => {
  it('does not touch a recycled row', async () => {
    await driver.go(`${site.base}/stale`);
    const target = driver.ref('button Delete');
    await driver.act({ action: 'click', target: driver.ref('button Swap') });
    await expect(driver.inspect({ action: 'click', target })).rejects.toMatchObject({
      code: 'target_stale',
    });
    expect(await driver.act({ action: 'click', target })).toMatchObject({
      status: 'stale',
      code: 'target_stale',
      acted: false,
    });
    expect(await driver.log()).toEqual([]);
  });

  it('binds a plain link anew, but nothing that listens', async () => {
    await driver.go(`${site.base}/stale`);
    const link = driver.ref('link The link');
    const remove = driver.ref('button Delete');
    await driver.act({ action: 'click', target: driver.ref('button Again') });
    await driver.peek("draw(['Ada','Bob'])");
    expect(await driver.act({ action: 'click', target: remove })).toMatchObject({
      status: 'stale',
    });
    expect(await driver.log()).toEqual([]);
    await driver.inspect({ action: 'click', target: link });
    expect(await driver.act({ action: 'click', target: link })).toMatchObject({
      status: 'done',
      healed: true,
      changed: { url: `${site.base}/two` },
    });
  });

  it('knows refs of other documents and refs never given', async () => {
    await driver.go(`${site.base}/`);
    const old = driver.ref('link Two');
    await driver.go(`${site.base}/form`);
    await expect(driver.inspect({ action: 'click', target: old })).rejects.toMatchObject({
      code: 'target_stale',
    });
    await expect(driver.inspect({ action: 'click', target: 'e9999' })).rejects.toMatchObject({
      code: 'target_not_found',
    });
    await expect(driver.inspect({ action: 'click', target: 'f77e1' })).rejects.toMatchObject({
      code: 'target_not_found',
    });
  });
});

describe('reading', () => {
  it('reads text, tables, links and values', async () => {
    await driver.go(`${site.base}/table`);
    expect((await driver.act({ action: 'read', as: 'table' })).data).toMatchObject([
      { Order: 'PO-1', Amount: '10,50 €' },
      {},
      {},
      {},
      {},
    ]);
    expect((await driver.act({ action: 'read', as: 'links' })).data).toContainEqual({
      text: 'Open',
      url: `${site.base}/po/3`,
    });
    expect((await driver.act({ action: 'read' })).data).toContain('PO-5');
    await driver.go(`${site.base}/frames`);
    expect((await driver.act({ action: 'read' })).data).toMatch(/Outer[\s\S]*Inner form/);
  });

  it('takes typed rows out, through the pages of a table', async () => {
    await driver.go(`${site.base}/table`);
    const fields = [
      { name: 'order', header: 'ORDER' },
      { name: 'cents', header: 'amount', type: 'cents' as const },
      { name: 'date', header: 'Date', type: 'date' as const },
      { name: 'url', css: 'a', type: 'link' as const },
    ];
    const all = await driver.act({
      action: 'extract',
      fields,
      next: driver.ref('button Next'),
      maxPages: 10,
    });
    expect(all.data).toHaveLength(8);
    expect((all.data as unknown[])[0]).toEqual({
      order: 'PO-1',
      cents: 1050,
      date: '2026-03-01',
      url: `${site.base}/po/1`,
    });
    expect((all.data as unknown[])[7]).toEqual({
      order: 'PO-9',
      cents: 123456,
      date: '2026-03-12',
      url: null,
    });
    await driver.go(`${site.base}/table`);
    const best = await driver.act({
      action: 'extract',
      fields,
      keep: { field: 'cents', op: 'largest' },
    });
    expect(best.data).toEqual([expect.objectContaining({ order: 'PO-5', cents: 5050 })]);
    expect(
      await driver.act({ action: 'extract', fields: [{ name: 'x', header: 'Nope' }] }),
    ).toMatchObject({ status: 'failed', message: expect.stringContaining('order, amount, date') });
  });

  it('takes rows of a list through pages that are documents', async () => {
    await driver.go(`${site.base}/list1`);
    const got = await driver.act({
      action: 'extract',
      rows: 'li.i',
      fields: [
        { name: 'name', css: 'b' },
        { name: 'price', css: '.p', type: 'cents' },
      ],
      next: driver.ref('link Next page'),
      maxPages: 5,
    });
    expect(got.data).toEqual([
      { name: 'One', price: 123456 },
      { name: 'Two', price: 200 },
      { name: 'Three', price: 310 },
    ]);
  });
});

describe('waiting', () => {
  it('waits for requests that a click started', async () => {
    await driver.go(`${site.base}/slow`);
    await driver.act({ action: 'click', target: driver.ref('button Load') });
    expect(await driver.log()).toEqual(['slow']);
    expect(await driver.look()).toContain('got slow answer');
  });

  it('waits for text by facts and gives up at the deadline', async () => {
    await driver.go(`${site.base}/slow`);
    await driver.act({ action: 'click', target: driver.ref('button Timer') });
    const start = performance.now();
    expect(await driver.act({ action: 'wait', text: 'TIMER   done' })).toMatchObject({
      status: 'done',
    });
    expect(performance.now() - start).toBeLessThan(1_200);
    expect(await driver.act({ action: 'wait', text: 'never', ms: 200 })).toMatchObject({
      status: 'timeout',
      code: 'action_timeout',
    });
    expect(await driver.act({ action: 'wait', gone: 'never' })).toMatchObject({ status: 'done' });
    expect(await driver.act({ action: 'wait', idle: true })).toMatchObject({ status: 'done' });
  });

  it('follows a navigation that a click starts late', async () => {
    await driver.go(`${site.base}/slow`);
    const went = await driver.act({
      action: 'click',
      target: driver.ref('button Go'),
      expect: { url: '/two', text: 'Second page' },
    });
    expect(went).toMatchObject({
      status: 'done',
      changed: { document: true, url: `${site.base}/two` },
    });
    expect(await driver.act({ action: 'back' })).toMatchObject({
      status: 'done',
      changed: { url: `${site.base}/slow` },
    });
    expect(await driver.act({ action: 'forward' })).toMatchObject({
      status: 'done',
      changed: { url: `${site.base}/two` },
    });
    expect(await driver.act({ action: 'forward' })).toMatchObject({ status: 'refused' });
    expect(await driver.act({ action: 'reload' })).toMatchObject({
      status: 'done',
      changed: { document: true },
    });
  });

  it('fails a step whose expectation does not come to hold', async () => {
    await driver.go(`${site.base}/form`);
    const plain = await driver.act({
      action: 'click',
      target: driver.ref('button Plain'),
      expect: { text: 'no such text' },
    });
    expect(plain).toMatchObject({ status: 'failed', code: 'expectation_failed', acted: true });
    expect(await driver.log()).toContain('plain');
  });
});
