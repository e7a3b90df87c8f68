import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';

import type { BrowserPool } from '../../browser-session.ts';
import { Driver, openDriver, startSite, testPool, type Site } from './site.ts';

/** One browser for the tests of a file, and a session of its own for each. */
export function useDriver(): { readonly driver: Driver; readonly pool: BrowserPool } {
  const pool = testPool();
  const driver = Object.create(Driver.prototype) as Driver;
  beforeEach(async () => {
    Object.assign(driver, await openDriver(pool));
  });
  afterEach(async () => driver.session.close());
  afterAll(async () => pool.close());
  return { driver, pool };
}

/** The site of the browser's tests, for a file; what it has seen is of one test. */
export function useSite(): Site {
  const site = {} as Site;
  beforeAll(async () => {
    Object.assign(site, await startSite());
  });
  beforeEach(() => {
    site.seen.length = 0;
  });
  afterAll(async () => site.close());
  return site;
}

/** A server of its own for the tests of a file; `base` is its address. */
export function useServer(
  answer: (request: IncomingMessage, response: ServerResponse, port: number) => void,
): { readonly base: string } {
  const at = { base: '' };
  let port = 0;
  const server = createServer((request, response) => answer(request, response, port));
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, resolve));
    ({ port } = server.address() as AddressInfo);
    at.base = `http://127.0.0.1:${port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return at;
}
