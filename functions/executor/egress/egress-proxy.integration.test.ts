import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import { describe, expect, it } from 'vitest';

import { ask, connect, login, proxyWith, rulesOf, serve } from './__fixtures__/proxy-test.ts';
import type { EgressPass } from './egress.ts';

describe('what passes', () => {
  it('is only asked for with the credentials of a run, and not after its end', async () => {
    const port = await serve(http.createServer((_request, response) => response.end('hello')));
    const { egress, pass } = await proxyWith(rulesOf());
    const url = `http://127.0.0.1:${port}/a`;
    expect(await ask(pass, url)).toEqual({ status: 200, body: 'hello', cut: false });
    const wrong = {
      ...pass,
      server: pass.server,
      username: pass.username,
      password: 'x',
    } as EgressPass;
    expect(await ask(wrong, url)).toMatchObject({ status: 407 });
    expect((await connect(wrong, `127.0.0.1:${port}`)).status).toBe(407);
    const second = egress.admit(rulesOf());
    pass.close();
    expect(await ask(pass, url)).toMatchObject({ status: 407 });
    expect(await ask(second, url)).toMatchObject({ status: 200 });
  });

  it('keeps the proxy out of what is said: headers of this hop stay here, all others pass', async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    const port = await serve(
      http.createServer((request, response) => {
        seen.push(request.headers);
        response
          .writeHead(
            201,
            'Made',
            [
              ['Set-Cookie', 'a=1'],
              ['Set-Cookie', 'b=2'],
              ['X-Case', 'Y'],
            ].flat(),
          )
          .end('x');
      }),
    );
    const { pass } = await proxyWith(rulesOf());
    const { hostname, port: at } = new URL(pass.server);
    const request = http.get({
      host: hostname,
      port: at,
      path: `http://127.0.0.1:${port}/?q#not`,
      headers: {
        host: 'x',
        'proxy-authorization': login(pass),
        connection: 'x-hop, close',
        'x-hop': '1',
        'x-end': '2',
      },
    });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    expect(response.rawHeaders).toEqual(expect.arrayContaining(['a=1', 'b=2', 'X-Case']));
    expect(response.statusMessage).toBe('Made');
    expect(seen[0]).toMatchObject({ 'x-end': '2' });
    expect(seen[0]).not.toHaveProperty('proxy-authorization');
    expect(seen[0]).not.toHaveProperty('x-hop');
  });

  it.each([
    'GET / HTTP/1.1\r\n',
    'GET http://user@127.0.0.1/ HTTP/1.1\r\n',
    'GET ftp://x/ HTTP/1.1\r\n',
    'CONNECT nowhere HTTP/1.1\r\n',
  ])('is no malformed request: %s', async (line) => {
    const rules = rulesOf();
    const { pass } = await proxyWith(rules);
    const socket = net.connect(Number(new URL(pass.server).port), '127.0.0.1');
    socket.write(`${line}host: x\r\nproxy-authorization: ${login(pass)}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400/);
    expect(rules.refusals).toMatchObject([{ reason: 'malformed' }]);
  });
});

describe('addresses', () => {
  it('are judged once they are known, and the connection goes to what was judged', async () => {
    const port = await serve(http.createServer((_request, response) => response.end('inside')));
    const rules = rulesOf(false);
    const asked: string[] = [];
    let answers = ['10.0.0.1'];
    const { pass } = await proxyWith(rules, {
      resolve: async (host) => {
        asked.push(host);
        return answers;
      },
    });
    expect(await ask(pass, `http://inner.example:${port}/`)).toMatchObject({
      status: 403,
      body: '',
    });
    expect((await connect(pass, `inner.example:${port}`)).status).toBe(403);
    answers = ['93.184.216.34', '127.0.0.1'];
    expect(await ask(pass, `http://mixed.example:${port}/`)).toMatchObject({ status: 403 });
    expect(rules.refusals.map(({ reason }) => reason)).toEqual(['address', 'address', 'address']);
    expect(asked).toEqual(['inner.example', 'inner.example', 'mixed.example']);
    expect(pass.lastRefusal(`http://mixed.example:${port}/x`)).toMatchObject({
      host: 'mixed.example',
    });
    rules.opensPrivate = () => true;
    answers = ['127.0.0.1'];
    expect(await ask(pass, `http://inner.example:${port}/`)).toMatchObject({ body: 'inside' });
  });

  it('are not looked up for what policy refuses', async () => {
    const rules = {
      ...rulesOf(),
      refusal: ({ host, port }: { host: string; port: number }) => ({
        host,
        port,
        reason: 'origin' as const,
        detail: 'no',
      }),
    };
    const asked: string[] = [];
    const { pass } = await proxyWith(rules, {
      resolve: async (host) => {
        asked.push(host);
        return ['127.0.0.1'];
      },
    });
    expect(await ask(pass, 'http://secret-in-a-name.evil.example/')).toMatchObject({ status: 403 });
    expect((await connect(pass, 'secret-in-a-name.evil.example:443')).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it('say that nobody answers with a 502', async () => {
    const { pass } = await proxyWith(rulesOf(), {
      resolve: async () => Promise.reject(new Error('ENOTFOUND')),
    });
    expect(await ask(pass, 'http://gone.example/')).toMatchObject({ status: 502 });
    expect((await connect(pass, 'gone.example:443')).status).toBe(502);
  });
});

describe('the lease and the caps', () => {
  /** Sends a chunk each time it is told to. */
  async function dripping(): Promise<{ port: number; drip: () => void }> {
    const responses: http.ServerResponse[] = [];
    const port = await serve(
      http.createServer((_request, response) => {
        responses.push(response);
        response.write('first');
      }),
    );
    return { port, drip: () => responses.forEach((response) => response.write('more')) };
  }

  it('stops in mid-response when the lease is over', async () => {
    const { port, drip } = await dripping();
    const rules = rulesOf();
    const { pass } = await proxyWith(rules);
    const { hostname, port: at } = new URL(pass.server);
    const request = http.get({
      host: hostname,
      port: at,
      path: `http://127.0.0.1:${port}/`,
      headers: { 'proxy-authorization': login(pass) },
    });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => undefined);
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe('first');
    drip();
    expect(((await once(response, 'data')) as [Buffer])[0].toString()).toBe('more');
    const late: string[] = [];
    response.on('data', (chunk: Buffer) => late.push(chunk.toString()));
    rules.isLive = false;
    drip();
    await new Promise((resolve) => response.once('close', resolve));
    expect(late).toEqual([]);
    expect(await ask(pass, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 403 });
    expect(rules.refusals).toMatchObject([{ reason: 'lease' }]);
  });

  it('lets a tunnel carry nothing, either way, when the lease is over', async () => {
    const heard: string[] = [];
    const port = await serve(
      net.createServer((socket) => {
        socket.on('data', (chunk) => heard.push(chunk.toString()));
      }),
    );
    const rules = rulesOf();
    const { pass } = await proxyWith(rules);
    const { status, socket } = await connect(pass, `127.0.0.1:${port}`);
    expect(status).toBe(200);
    rules.isLive = false;
    socket.write('an order');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard).toEqual([]);
  });

  it('ends a run that has used up its bytes, and refuses connections beyond their number', async () => {
    const port = await serve(
      http.createServer((_request, response) => {
        response.write('x', () => response.write('x', () => response.end('x'.repeat(50_000))));
      }),
    );
    const rules = rulesOf();
    const { pass } = await proxyWith(rules, { caps: { bytes: 60_000, connections: 2 } });
    const url = `http://127.0.0.1:${port}/`;
    expect(await ask(pass, url)).toMatchObject({ status: 200, cut: false });
    // Before or after its headers, as the chunks come.
    const second = await ask(pass, url).then(
      ({ cut }) => cut,
      () => true,
    );
    expect(second).toBe(true);
    expect(await ask(pass, url)).toMatchObject({ status: 403 });
    expect(rules.refusals).toMatchObject([{ reason: 'bytes' }]);
    const other = rulesOf();
    const { pass: few } = await proxyWith(other, { caps: { connections: 2 } });
    const silent = await serve(net.createServer());
    expect((await connect(few, `127.0.0.1:${silent}`)).status).toBe(200);
    expect((await connect(few, `127.0.0.1:${silent}`)).status).toBe(403);
    expect(other.refusals).toMatchObject([{ reason: 'connections' }]);
  });
});
