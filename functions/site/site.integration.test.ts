import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startSite } from './site.ts';
import type { Site } from './site.ts';
import { createVisitor } from './test-visitor.ts';
import type { Visitor } from './test-visitor.ts';

let dataDir: string;
let site: Site;
let visitor: Visitor;
let time: number;
const start = (): Promise<Site> => startSite({ seed: 1, dataDir, now: () => time });

beforeEach(async () => {
  time = Date.UTC(2026, 10, 1);
  dataDir = mkdtempSync(join(tmpdir(), 'site-'));
  site = await start();
  visitor = createVisitor(site);
});
afterEach(async () => {
  await site.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const order = (change: Record<string, string> = {}): Record<string, string> => ({
  supplier: site.facts.suppliers[0] ?? '',
  item: 'Boxes',
  quantity: '3',
  'unit-price': '12.50',
  reference: 'REF-1',
  'needed-by': '2026-12-01',
  terms: 'yes',
  ...change,
});

describe('signing in', () => {
  it('asks for it, returns to the page wanted, and sets a guarded cookie', async () => {
    const refused = await visitor.get('/invoices?sort=date');
    expect(refused.headers.get('Location')).toBe('/sign-in?next=%2Finvoices%3Fsort%3Ddate');
    const answer = await visitor.signIn();
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Set-Cookie')).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect((await visitor.get('/')).body).toContain(site.facts.displayName);
  });

  it('locks for a minute after five wrong tries, also over a restart', async () => {
    for (const expected of [401, 401, 401, 401, 429]) {
      expect((await visitor.signIn('wrong')).status).toBe(expected);
    }
    await site.close();
    site = await start();
    visitor = createVisitor(site);
    const locked = await visitor.signIn();
    expect([locked.status, locked.headers.get('Retry-After')]).toEqual([429, '60']);
    time += 60_000;
    expect((await visitor.signIn()).status).toBe(303);
    const entries = await visitor.ledger();
    expect(entries.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 5 }, () => 'sign-in-failed'),
      'sign-in-locked',
      'sign-in',
    ]);
    expect(JSON.stringify(entries)).not.toContain(site.credentials.password);
  });

  it('keeps a session when the site restarts and ends it at sign-out', async () => {
    const jar = new Map<string, string>();
    await createVisitor(site, jar).signIn();
    await site.close();
    site = await start();
    const again = createVisitor(site, jar);
    const stolen = createVisitor(site, new Map(jar));
    expect((await again.get('/orders')).status).toBe(200);
    await again.post('/sign-out', {});
    expect((await stolen.get('/orders')).status).toBe(303);
  });
});

describe('orders', () => {
  beforeEach(() => visitor.signIn());

  it('raises one more order for every POST, in the file before the answer', async () => {
    const first = await visitor.post('/orders', order());
    expect(readFileSync(site.ledgerPath, 'utf8')).toContain('"marker":"REF-1"');
    const second = await visitor.post('/orders', order());
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(first.headers.get('Location')).not.toBe(second.headers.get('Location'));
    const raised = (await visitor.ledger()).filter(({ kind }) => kind === 'order');
    expect(raised.map(({ marker, effect }) => [marker, effect])).toEqual([
      ['REF-1', true],
      ['REF-1', true],
    ]);
    expect((await visitor.get('/orders?ref=REF-1')).body.match(/<td>REF-1<\/td>/g)).toHaveLength(2);
    expect((await visitor.get('/orders?ref=REF')).body).not.toContain('<td>REF-1</td>');
  });

  it('says which order was raised and still knows it after a restart', async () => {
    const path = (await visitor.post('/orders', order())).headers.get('Location') ?? '';
    const number = /PO-\d+/.exec(path)?.[0] ?? 'none';
    expect((await visitor.get(path)).body).toContain(`Order ${number} was raised`);
    await site.close();
    site = await start();
    visitor = createVisitor(site);
    await visitor.signIn();
    expect((await visitor.get('/orders?ref=REF-1')).body).toContain(number);
  });

  it('keeps what was typed, names what is wrong and raises nothing', async () => {
    const answer = await visitor.post('/orders', order({ quantity: '-4', terms: '' }));
    expect(answer.status).toBe(422);
    expect(answer.body).toContain('value="-4"');
    expect(answer.body).toContain('value="REF-1"');
    expect(answer.body.match(/aria-invalid="true"/g)).toHaveLength(2);
    expect((await visitor.ledger()).some(({ kind }) => kind === 'order')).toBe(false);
  });

  it('escapes a hostile reference wherever it is shown', async () => {
    const reference = `"><script>alert(1)</script><img src=x onerror='x'>`;
    const path = (await visitor.post('/orders', order({ reference }))).headers.get('Location');
    const pages = [
      path ?? '',
      '/orders',
      `/orders?ref=${encodeURIComponent(reference)}`,
      '/panels/activity',
    ];
    for (const page of pages) {
      const { body } = await visitor.get(page);
      expect(body).not.toMatch(/<script>|<img/);
    }
    const refused = await visitor.post('/orders', order({ reference, item: '' }));
    expect(refused.body).not.toMatch(/<script>|<img/);
  });
});

describe('invoices', () => {
  beforeEach(() => visitor.signIn());

  it('shows the newest month first when sorted by date, and says so', async () => {
    const { body } = await visitor.get('/invoices?sort=date&dir=desc');
    expect(body.match(/aria-sort="descending"/g)).toHaveLength(1);
    const numbers = [...body.matchAll(/href="\/invoices\/([\w-]+)"/g)].map(([, number]) => number);
    expect(numbers).toEqual(site.facts.invoices.slice(0, 10).map(({ number }) => number));
    for (const { dateShown, totalShown } of site.facts.newestMonthInvoices) {
      expect(body).toContain(dateShown);
      expect(body).toContain(totalShown);
    }
  });

  it('serves the PDF as an attachment and counts it as a read', async () => {
    const { number, path } = site.facts.largestOfNewestMonth;
    const answer = await visitor.get(`${path}/pdf`);
    expect(answer.headers.get('Content-Disposition')).toBe(`attachment; filename=${number}.pdf`);
    expect(answer.body.startsWith('%PDF-')).toBe(true);
    expect((await visitor.ledger()).at(-1)).toMatchObject({ kind: 'download', effect: false });
  });
});

describe('payments', () => {
  const pay = (change: Record<string, string>): Promise<Response> =>
    fetch(`${site.payOrigin}/pay`, {
      method: 'POST',
      body: new URLSearchParams({
        invoice: site.facts.newestInvoice.number,
        'card-name': 'A B',
        'card-number': '4242 4242 4242 4242',
        'card-expiry': '12/29',
        'card-code': '123',
        'payment-note': 'P-1',
        amountCents: '1',
        ...change,
      }),
    });

  it('charges the invoice, not what the form says, and stores no card', async () => {
    expect((await pay({})).status).toBe(200);
    const [payment] = (await visitor.ledger()).filter(({ kind }) => kind === 'payment');
    const { number, totalCents } = site.facts.newestInvoice;
    expect(payment).toMatchObject({
      marker: 'P-1',
      data: { invoice: number, amountCents: totalCents, cardLastFour: '4242' },
    });
    expect(readFileSync(site.ledgerPath, 'utf8')).not.toMatch(/4242.?4242/);
  });

  it('refuses a bad card and an unknown invoice', async () => {
    expect((await pay({ 'card-number': '12' })).status).toBe(422);
    expect((await pay({ invoice: 'none' })).status).toBe(404);
    expect(await visitor.ledger()).toEqual([]);
  });
});

describe('the server itself', () => {
  it('hashes an upload and keeps its name as text only', async () => {
    await visitor.signIn();
    const jar = new Map<string, string>();
    await createVisitor(site, jar).signIn();
    const form = new FormData();
    form.set('file', new Blob(['abc']), '../../<b>.txt');
    const response = await fetch(`${site.origin}/settings/uploads`, {
      method: 'POST',
      body: form,
      headers: { Cookie: [...jar].map((pair) => pair.join('=')).join('; ') },
    });
    expect(await response.text()).toContain('&lt;b&gt;.txt');
    expect((await visitor.ledger()).at(-1)).toMatchObject({
      kind: 'upload',
      data: {
        bytes: 3,
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    });
  });

  it.each(['/assets/..%2fsite.ts', '/assets/../ledger.ts', '/assets/%2e%2e%2fledger.ts'])(
    'serves no file for %s',
    async (path) => {
      await visitor.signIn();
      expect((await visitor.get(path)).status).toBe(404);
    },
  );

  it('refuses large bodies and other origins without a word about its inside', async () => {
    const large = await visitor.post('/sign-in', { username: 'x'.repeat(40_000), password: '' });
    expect([large.status, large.body]).toEqual([413, 'Request refused (413)']);
    const foreign = await fetch(`${site.origin}/sign-out`, {
      method: 'POST',
      headers: { Origin: site.payOrigin },
    });
    expect(foreign.status).toBe(403);
    expect((await visitor.get('/%')).body).not.toMatch(/node_modules|at /);
  });

  it('never shows the password', async () => {
    await visitor.signIn();
    for (const path of ['/', '/invoices', '/orders', '/payments', '/settings', '/__ledger']) {
      expect((await visitor.get(path)).body).not.toContain(site.credentials.password);
    }
  });

  it("rejects with Node's error when a port is taken and lets go of the other", async () => {
    const payPort = await freePort();
    const taken = Number(new URL(site.origin).port);
    const other = join(dataDir, 'other');
    await expect(
      startSite({ seed: 2, dataDir: other, port: taken, payPort }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const second = await startSite({ seed: 2, dataDir: other, payPort });
    expect(second.payOrigin).toBe(`http://127.0.0.1:${payPort}`);
    await second.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
