import { beforeEach, expect, it } from 'vitest';

import { useDriver, useSite } from '../browser/__fixtures__/driven.ts';

const WRITTEN = `<title>Anew</title><div id=buy>Buy</div>
<label>Amount <input id=amount></label><form action=/submit method=post id=send><button>Send</button></form>
<section id=host></section><script>
buy.addEventListener('click', () => out.textContent += ' bought');
amount.addEventListener('keydown', () => out.textContent += ' key');
send.addEventListener('submit', (event) => { event.preventDefault(); out.textContent += ' sent'; });
host.attachShadow({ mode: 'closed' }).innerHTML = '<button>Within</button>';
</script><p id=out></p>`;

const site = useSite();
const { driver } = useDriver();
beforeEach(async () => {
  await driver.go(`${site.base}/two`);
});

const write = (html: string): Promise<unknown> =>
  driver.peek(
    `{ const html = ${JSON.stringify(html)}; document.open(); document.write(html); document.close(); }`,
  );

it('knows the listeners of a document that a script wrote anew', async () => {
  await write(WRITTEN);
  const text = await driver.look();
  expect(text).toContain('title: Anew\n');
  expect(text).toContain('clickable Buy]');
  expect(text).toContain('button Within]');
  expect(
    await driver.inspect({ action: 'click', target: driver.ref('clickable Buy') }),
  ).toMatchObject({ listeners: true });
  expect(
    await driver.inspect({ action: 'click', target: driver.ref('button Send') }),
  ).toMatchObject({ form: { scripted: true } });
  await driver.act({ action: 'type', target: driver.ref('textbox Amount'), text: '12' });
  expect(await driver.look()).toContain('\nkey key\n');
});

it('knows them each time a document is written', async () => {
  await write(WRITTEN);
  await driver.look();
  await write(WRITTEN);
  expect(await driver.look()).toContain('clickable Buy]');
});

it.each([
  ['is emptied', 'document.documentElement.remove()'],
  ['is opened and not written', 'void document.open()'],
])('looks at a document that %s, and at what comes after it', async (_what, script) => {
  await driver.peek(script);
  expect(await driver.look()).toContain('note: nothing is shown yet');
  expect(await driver.act({ action: 'read' })).toMatchObject({ status: 'done', data: '' });
  expect(await driver.act({ action: 'scroll' })).toMatchObject({ status: 'done' });
  await driver.peek(`document.write(${JSON.stringify(WRITTEN)})`);
  expect(await driver.look()).toContain('clickable Buy]');
});

it('shows the title of the document that came while it waited', async () => {
  await driver.peek(`void setTimeout(() => location.assign('/form'), 200)`);
  await driver.act({ action: 'wait', text: 'Order form' });
  expect(await driver.look()).toContain('/form\ntitle: Form\n');
});
