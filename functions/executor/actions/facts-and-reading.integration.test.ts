import { describe, expect, it } from 'vitest';

import { useDriver, useSite } from '../browser/__fixtures__/driven.ts';

const site = useSite();
const { driver } = useDriver();

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
    // A wait that does not hear of the change would outlast the test.
    const ms = 60_000;
    expect(await driver.act({ action: 'wait', text: 'TIMER   done', ms })).toMatchObject({
      status: 'done',
    });
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
