import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { PDFDocument, StandardFonts } from 'pdf-lib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { BrowserPool } from '../browser-session.ts';
import { openDriver, testPool, type Driver } from '../browser/__fixtures__/site.ts';
import { pdfText } from './pdf-text.ts';

const amount = (row: number): string => `${(row * 1.25).toFixed(2).replace('.', ',')} €`;
const rows = (from: number, count: number): string =>
  Array.from(
    { length: count },
    (_, at) =>
      `<tr><td>PO-${from + at}</td><td>${amount(from + at)}</td><td>2026-01-${String(1 + ((from + at) % 28)).padStart(2, '0')}</td></tr>`,
  ).join('');
const HEAD = '<thead><tr><th>Order</th><th>Amount</th><th>Date</th></tr></thead>';
const PAGES: Readonly<Record<string, string>> = {
  '/whole': `<title>Whole</title><table>${HEAD}<tbody>${rows(0, 10_000)}</tbody></table>`,
  '/paged': `<title>Paged</title><table>${HEAD}<tbody id=b></tbody></table><button id=n>Next</button>
    <script>let p=0;const draw=()=>{let h='';for(let i=p*200;i<p*200+200;i++)h+='<tr><td>PO-'+i+'<td>'+(i*1.25).toFixed(2).replace('.',',')+' €<td>2026-01-01</tr>';b.innerHTML=h;n.disabled=p===49};draw();n.onclick=()=>{p++;draw()}</script>`,
  '/late': `<title>Late</title><a href="/slow.csv" download>Export</a> <button>Nothing</button>`,
};

let server: Server;
let base = '';
let pool: BrowserPool;
let driver: Driver;
let release: () => void = () => undefined;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/slow.csv') {
      release = () =>
        response
          .writeHead(200, {
            'content-type': 'text/csv',
            'content-disposition': 'attachment; filename="slow.csv"',
          })
          .end('a,b\n1,2\n');
      return;
    }
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(PAGES[request.url ?? ''] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pool = testPool();
});
afterAll(async () => {
  await pool.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  driver = await openDriver(pool);
});
afterEach(async () => driver.session.close());

const FIELDS = [
  { name: 'order', header: 'Order' },
  { name: 'amount', header: 'Amount', type: 'cents' },
  { name: 'date', header: 'Date', type: 'date' },
] as const;

describe('ten thousand rows without a model', () => {
  it.each([
    ['on one page', '/whole', false],
    ['over fifty pages', '/paged', true],
  ])('%s', { timeout: 120_000 }, async (_name, path, isPaged) => {
    await driver.go(`${base}${path}`);
    const outcome = await driver.act(
      {
        action: 'extract',
        fields: [...FIELDS],
        ...(isPaged && { next: driver.ref('button Next'), maxPages: 100 }),
      },
      { timeoutMs: 100_000 },
    );
    const data = outcome.data as { order: string; amount: number; date: string }[];
    expect(data).toHaveLength(10_000);
    expect(
      data.every((row, at) => row.order === `PO-${at}` && row.amount === Math.round(at * 125)),
    ).toBe(true);
    expect(data[9_999]?.date).toMatch(/^2026-01-\d\d$/);
  });

  it('keeps one of them by a typed value', async () => {
    await driver.go(`${base}/whole`);
    const outcome = await driver.act({
      action: 'extract',
      fields: [...FIELDS],
      keep: { field: 'amount', op: 'largest' },
    });
    expect(outcome.data).toEqual([
      { order: 'PO-9999', amount: 1_249_875, date: expect.any(String) as string },
    ]);
  });
});

it('tells a file that its server made late with the next step', { timeout: 30_000 }, async () => {
  await driver.go(`${base}/late`);
  const clicked = await driver.act({ action: 'click', target: driver.ref('link Export') });
  expect(clicked.artifacts).toEqual([]);
  release();
  let told: readonly { name: string; source: string }[] = [];
  for (let step = 0; step < 100 && told.length === 0; step += 1)
    told = (await driver.act({ action: 'wait', ms: 50 })).artifacts ?? [];
  expect(told).toMatchObject([{ name: 'slow.csv', source: 'download' }]);
});

describe('PDF files', () => {
  const written = async (pages: readonly string[]): Promise<Uint8Array> => {
    const pdf = await PDFDocument.create();
    const font = await pdf.embedFont(StandardFonts.Helvetica);
    for (const text of pages) {
      const page = pdf.addPage([400, 200]);
      if (text !== '') page.drawText(text, { x: 20, y: 100, size: 12, font });
    }
    return pdf.save();
  };

  it('are read as text, page by page, whatever they are called', async () => {
    driver.host.files.set(
      'invoice.bin',
      Buffer.from(await written(['Invoice 4711', 'Total 12.50'])),
    );
    expect(await driver.act({ action: 'read', artifact: 'invoice.bin' })).toMatchObject({
      status: 'done',
      data: 'Invoice 4711\n\nTotal 12.50',
    });
    expect(
      await driver.act({ action: 'read', artifact: 'invoice.bin', as: 'table' }),
    ).toMatchObject({
      data: [
        { page: 1, text: 'Invoice 4711' },
        { page: 2, text: 'Total 12.50' },
      ],
    });
  });

  it('that are pictures only, broken or endless say so', async () => {
    driver.host.files.set('scan.pdf', Buffer.from(await written([''])));
    driver.host.files.set('broken.pdf', Buffer.from('%PDF-1.7 and then nothing'));
    expect(await driver.act({ action: 'read', artifact: 'scan.pdf' })).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('holds no text') as string,
    });
    expect(await driver.act({ action: 'read', artifact: 'broken.pdf' })).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('cannot be read') as string,
    });
    const given = AbortSignal.abort(new Error('enough'));
    await expect(pdfText(await written(['x']), given)).rejects.toMatchObject({
      code: 'action_failed',
    });
  });
});
