import { once } from 'node:events';
import http from 'node:http';

import { describe, expect, it } from 'vitest';

import { ask, proxyWith, rulesOf, serve } from './__fixtures__/proxy-test.ts';

/** Answers at `/`, leaves the rest unanswered and counts it. */
async function holding(): Promise<{
  url: string;
  server: http.Server;
  held: http.ServerResponse[];
}> {
  const held: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === '/') response.end('hello');
    else {
      held.push(response);
      server.emit('held');
    }
  });
  const port = await serve(server);
  return { url: `http://127.0.0.1:${port}/`, server, held };
}

describe('when a run ends, its proxy', () => {
  it('does not ask again what was unanswered on a connection that had worked before', async () => {
    const { url, server, held } = await holding();
    const { pass } = await proxyWith(rulesOf());
    await ask(pass, url);
    const asking = ask(pass, `${url}held`).catch(() => 'cut');
    await once(server, 'held');
    const cut = once(held[0]!, 'close');
    pass.close();
    await cut;
    await asking;
    // Whatever would still come is older than this.
    expect(await (await fetch(url)).text()).toBe('hello');
    expect(held).toHaveLength(1);
  });

  it('asks again while the run goes on', async () => {
    const { url, server, held } = await holding();
    const { pass } = await proxyWith(rulesOf());
    await ask(pass, url);
    const asking = ask(pass, `${url}held`);
    await once(server, 'held');
    const again = once(server, 'held');
    held[0]?.socket?.destroy();
    await again;
    held[1]?.end('at last');
    expect(await asking).toMatchObject({ status: 200, body: 'at last' });
  });

  it('sends nothing to a host that is still being looked up', async () => {
    const { url } = await holding();
    const looked = Promise.withResolvers<void>();
    const found = Promise.withResolvers<string[]>();
    const { pass } = await proxyWith(rulesOf(), {
      resolve: async () => {
        looked.resolve();
        return found.promise;
      },
    });
    const asking = ask(pass, url.replace('127.0.0.1', 'slow.test'));
    await looked.promise;
    pass.close();
    found.resolve(['127.0.0.1']);
    expect(await asking).toMatchObject({ status: 502 });
  });
});
