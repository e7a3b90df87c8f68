import { beforeEach, describe, expect, it } from 'vitest';

import type { PausedRequest } from '../../../shared/policy/wire-gate.ts';
import { useDriver, useSite } from './__fixtures__/driven.ts';

const site = useSite();
const { driver } = useDriver();
beforeEach(async () => {
  await driver.go(`${site.base}/gate`);
});

const sent = (): string[] => site.seen.filter((each) => !/^(GET|OPTIONS|HEAD) /.test(each));

/** Clicks behind a gate that says `goes`; gives what was paused, as `METHOD /path resource`. */
async function click(words: string, goes: boolean | ((at: PausedRequest) => Promise<boolean>)) {
  const paused: string[] = [];
  const outcome = await driver.act(
    { action: 'click', target: driver.ref(`clickable ${words}`) },
    {
      gateWindows: true,
      gate: async (request) => {
        const { method, url, resource } = request.request;
        paused.push(`${method} ${new URL(url).pathname} ${resource}`);
        return typeof goes === 'boolean' ? goes : goes(request);
      },
    },
  );
  return { paused, outcome };
}

const ways: [string, string, string][] = [
  ['By fetch', 'POST /by-fetch xhr', 'POST 127.0.0.1/by-fetch {"amount":1000}'],
  ['By beacon', 'POST /by-beacon ping', 'POST 127.0.0.1/by-beacon b'],
  ['By keepalive', 'POST /by-keepalive xhr', 'POST 127.0.0.1/by-keepalive k'],
  ['By sync', 'PUT /by-sync xhr', 'PUT 127.0.0.1/by-sync s'],
  ['By window', 'POST /by-window document', 'POST 127.0.0.1/by-window a=1'],
  ['By script form', 'POST /by-form document', 'POST 127.0.0.1/by-form amount=10'],
  ['By inner window', 'POST /by-inner xhr', 'POST 127.0.0.1/by-inner'],
  ['By frame', 'DELETE /by-frame xhr', 'DELETE localhost/by-frame'],
];

describe('the wire gate', () => {
  it('holds what a worker sends, which may be when the act is over, and lets it go on a yes', async () => {
    const asked = ['POST /by-worker xhr'];
    const refused = await click('By worker', false);
    await expect.poll(() => refused.paused).toEqual(asked);
    await driver.go(`${site.base}/gate`);
    expect(sent()).toEqual([]);
    const allowed = await click('By worker', true);
    await expect.poll(() => allowed.paused).toEqual(asked);
    await expect.poll(sent).toEqual(['POST 127.0.0.1/by-worker w']);
  });

  it.each(ways)('holds what is sent %s, and lets it go on a yes', async (words, asked, arrived) => {
    expect((await click(words, false)).paused).toEqual([asked]);
    expect(sent()).toEqual([]);
    await driver.go(`${site.base}/gate`);
    site.seen.length = 0;
    expect((await click(words, true)).paused).toEqual([asked]);
    await expect.poll(sent).toEqual([arrived]);
  });

  it('holds the first request of a window that a script writes, and lets it go once on a yes', async () => {
    const asked = 'POST /by-written document';
    // It may be sent while the window is being taken over: then both that can pause it ask, and either may say no.
    const refused = await click('By written window', false);
    await expect.poll(() => [...new Set(refused.paused)]).toEqual([asked]);
    expect(sent()).toEqual([]);
    await driver.go(`${site.base}/gate`);
    site.seen.length = 0;
    const allowed = await click('By written window', true);
    await expect.poll(sent).toEqual(['POST 127.0.0.1/by-written']);
    expect([...new Set(allowed.paused)]).toEqual([asked]);
    expect(allowed.paused.length).toBeLessThanOrEqual(2);
    expect(sent()).toHaveLength(1);
  });

  it('asks nothing when a click sends nothing', async () => {
    const { paused, outcome } = await click('Harmless', false);
    expect(paused).toEqual([]);
    expect(outcome.status).toBe('done');
    expect(await driver.peek('document.title')).toBe('still here');
  });

  it('asks again for each hop of a redirect that keeps the method', async () => {
    const { paused } = await click('By redirect', async ({ request }) =>
      request.url.endsWith('/moved'),
    );
    await expect.poll(() => paused).toEqual(['POST /moved xhr', 'POST /after xhr']);
    expect(sent()).toEqual(['POST 127.0.0.1/moved m']);
  });

  it('refuses a window what its site may not send, says why, and puts it on record', async () => {
    driver.host.allowed = (url) => new URL(url).origin === site.base;
    await driver.go(`${site.base}/evil`);
    const target = driver.ref('button Script leaves');
    const outcome = await driver.act(
      { action: 'click', target },
      { gateWindows: true, gate: async () => true },
    );
    const because = `does not allow localhost:${site.port}`;
    expect(outcome).toMatchObject({
      code: 'origin_refused',
      message: expect.stringContaining(because),
    });
    expect(driver.host.refusals).toContainEqual({
      host: 'localhost',
      port: site.port,
      reason: 'origin',
      detail: expect.stringContaining(because),
    });
  });

  it('has no shared workers, whose requests no page would see', async () => {
    expect((await click('By shared worker', true)).paused).toEqual([]);
    expect(sent()).toEqual([]);
    expect(await driver.peek('typeof SharedWorker')).toBe('undefined');
  });

  it('judges what a click set going as late, until the next act', async () => {
    const late: string[] = [];
    const target = driver.ref('clickable Later');
    await driver.act(
      { action: 'click', target },
      {
        gate: async ({ request }, isLate) => {
          late.push(`${new URL(request.url).pathname} ${String(isLate)}`);
          return false;
        },
      },
    );
    await expect.poll(() => late).toEqual(['/by-timer true']);
    expect(sent()).toEqual([]);
  });

  it('leaves everything alone once another act begins', async () => {
    await click('Harmless', false);
    await driver.act({ action: 'click', target: driver.ref('clickable By fetch') });
    await expect.poll(sent).toEqual(['POST 127.0.0.1/by-fetch {"amount":1000}']);
  });

  it('waits for a person longer than any deadline of the page, also while a script blocks it', async () => {
    const slow = async (): Promise<boolean> => {
      const until = performance.now() + 7_000;
      await new Promise((resolve) => setTimeout(resolve, until - performance.now()));
      return true;
    };
    const fetched = await click('By fetch', slow);
    expect(fetched.outcome.status).toBe('done');
    const blocked = await click('By sync', slow);
    expect(blocked.outcome.status).toBe('done');
    expect(sent()).toHaveLength(2);
  });

  it('tells names and digests of what a form sends, as its facts have them', async () => {
    const target = driver.ref('button Order');
    const facts = await driver.inspect({ action: 'click', target });
    let seen: PausedRequest | undefined;
    await driver.act(
      { action: 'click', target },
      {
        gate: async (paused) => {
          seen = paused;
          return false;
        },
      },
    );
    expect(seen?.request).toMatchObject({ form: true, origin: site.base });
    const [field] = facts.form?.fields ?? [];
    expect(field).toMatchObject({ name: 'amount', label: 'Amount' });
    expect(seen?.fields).toEqual([{ name: 'amount', valueDigest: field?.valueDigest }]);
    expect(await driver.peek('location.pathname')).toBe('/gate');
  });
});
