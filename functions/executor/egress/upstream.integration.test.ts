import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ask, connect, proxyWith, rulesOf, serve } from './__fixtures__/proxy-test.ts';
import { CERTIFICATE, KEY } from './__fixtures__/self-signed.ts';
import { httpProxy, socksProxy, type UpstreamProxy } from './__fixtures__/upstream-proxy.ts';
import type { EgressPass, Upstream } from './egress.ts';

const usual = tls.getCACertificates('default');
beforeAll(() => tls.setDefaultCACertificates([...usual, CERTIFICATE]));
afterAll(() => tls.setDefaultCACertificates(usual));

const LOGIN = { username: 'run', password: 'pa:ss' };
const AUTHORIZATION = `Basic ${Buffer.from('run:pa:ss').toString('base64')}`;

const passThrough = async (upstream: Upstream): Promise<EgressPass> => {
  const { egress } = await proxyWith(rulesOf());
  return egress.admit(rulesOf(), upstream);
};

const plainSite = async (): Promise<number> =>
  serve(http.createServer((_request, response) => response.end('the site')));
const secureSite = async (): Promise<number> =>
  serve(
    https.createServer({ key: KEY, cert: CERTIFICATE }, (_request, response) =>
      response.end('the secure site'),
    ),
  );

/** What a site answers at the end of a tunnel. */
async function askThroughTunnel(pass: EgressPass, place: string): Promise<string> {
  const { status, socket } = await connect(pass, place);
  expect(status).toBe(200);
  const secured = tls.connect({ socket, servername: 'localhost' });
  secured.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  let text = '';
  secured.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(secured, 'end');
  return text.split('\r\n\r\n')[1] ?? '';
}

describe.each([false, true])('a run that has an HTTP proxy of its own (TLS: %s)', (secure) => {
  it('asks it for plain pages, with its log-in and by the full address', async () => {
    const { server, asked } = await httpProxy(0, secure);
    const pass = await passThrough({ server, login: LOGIN });
    expect(await ask(pass, 'http://portal.example/a?b')).toMatchObject({
      status: 200,
      body: 'by way of the proxy',
    });
    expect(asked).toEqual([`GET http://portal.example/a?b ${AUTHORIZATION}`]);
  });

  it('tunnels through it, and says when it may not', async () => {
    const { server, asked } = await httpProxy(await secureSite(), secure);
    const pass = await passThrough({ server });
    expect(await askThroughTunnel(pass, 'portal.example:443')).toContain('the secure site');
    expect((await connect(pass, 'refused.example:443')).status).toBe(502);
    expect(asked).toEqual([
      'CONNECT portal.example:443 nobody',
      'CONNECT refused.example:443 nobody',
    ]);
  });
});

describe('a run that has a SOCKS proxy of its own', () => {
  const requests = ({ asked }: UpstreamProxy): string[] =>
    asked.filter((text) => text.startsWith('request ')).map((text) => text.slice(8));
  const name = Buffer.from('portal.example').toString('hex');

  it('reaches plain and secure sites through it; names are its to look up', async () => {
    const plain = await socksProxy(await plainSite());
    const pass = await passThrough({ server: plain.server });
    expect(await ask(pass, 'http://portal.example/')).toMatchObject({ body: 'the site' });
    expect(plain.asked[0]).toBe('greeting 050100');
    expect(requests(plain)).toEqual([`050100030e${name}0050`]);

    const secure = await socksProxy(await secureSite());
    const other = await passThrough({ server: secure.server });
    expect(await askThroughTunnel(other, 'portal.example:443')).toContain('the secure site');
    expect(requests(secure)).toEqual([`050100030e${name}01bb`]);
  });

  it('gives addresses as addresses, and says when it is refused', async () => {
    const proxy = await socksProxy(await plainSite());
    const pass = await passThrough({ server: proxy.server });
    await ask(pass, 'http://127.0.0.1/');
    await ask(pass, 'http://[2606:4700::1111]:8080/');
    expect(await ask(pass, 'http://refused.example/')).toMatchObject({ status: 502 });
    expect(requests(proxy).slice(0, 2)).toEqual([
      '050100017f0000010050',
      '05010004260647000000000000000000000011111f90',
    ]);
  });

  it('judges an address before the proxy is asked for it', async () => {
    const { egress } = await proxyWith(rulesOf());
    const proxy = await socksProxy(0);
    const rules = rulesOf();
    const pass = egress.admit({ ...rules, opensPrivate: (host) => host === '127.0.0.1' }, proxy);
    expect(await ask(pass, 'http://169.254.169.254/latest')).toMatchObject({ status: 403 });
    expect(rules.refusals).toHaveLength(1);
    expect(proxy.asked.filter((text) => text.startsWith('request '))).toEqual([]);
  });
});
