import { once } from 'node:events';
import { request } from 'node:http';
import net from 'node:net';
import { gzipSync } from 'node:zlib';

import type { HostileCase, Verdict } from './hostile-case.ts';
import type { HostileApi } from './platform-api.ts';
import { expectStatus, firstBroken, platformCase } from './platform-case.ts';

const PLAIN = { goal: 'Open the portal', url: 'https://portal.example/' };
const DEEP = 200_000;
const MIB = 1024 * 1024;
/** What may stand in socket buffers of a body that nobody reads. */
const UNREAD = 16 * MIB;

async function post(api: HostileApi, body: string | Uint8Array, headers = {}): Promise<Response> {
  const key = await api.keyOf('operator');
  return api.ask('/v1/runs', { method: 'POST', key, body: body as string, headers });
}

const plainRun = async (api: HostileApi): Promise<Verdict> =>
  expectStatus(await post(api, JSON.stringify(PLAIN)), 202);

const bodies = (forms: Readonly<Record<string, string>>) => async (api: HostileApi) =>
  firstBroken(
    Object.fromEntries(
      Object.entries(forms).map(([name, body]) => [
        name,
        async () => expectStatus(await post(api, body), 400),
      ]),
    ),
  );

/** Writes 50 MB as fast as they are taken; says how it ended. */
async function flood(api: HostileApi): Promise<Verdict> {
  const key = await api.keyOf('operator');
  const out = request({
    host: '127.0.0.1',
    port: api.port,
    path: '/v1/runs',
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  const end: { status?: number | undefined; over: boolean } = { over: false };
  out.once('response', (response) => {
    end.status = response.statusCode;
    response.resume();
  });
  const over = (): void => void (end.over = true);
  out.once('error', over).once('close', over);
  const chunk = Buffer.alloc(MIB, 'x');
  let sent = 0;
  for (; sent < 50 * MIB && !end.over; sent += MIB)
    if (!out.write(chunk))
      await new Promise<void>((resolve) => {
        const go = (): void => resolve();
        out.once('drain', go).once('close', go);
      });
  if (!end.over) {
    const closed = new Promise<void>((resolve) => void out.once('close', () => resolve()));
    out.end();
    await closed;
  }
  if (end.status !== undefined && end.status !== 413) return `answered ${end.status}`;
  return sent > UNREAD ? `${sent / MIB} MiB were taken` : undefined;
}

/** A byte now and then: the server must end it, not the client. */
async function drip(
  api: HostileApi,
  head: string,
  count: number,
  limitMs: number,
): Promise<Verdict> {
  const sockets = Array.from({ length: count }, () => net.connect(api.port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => undefined).resume();
    socket.write(head);
  }
  const beat = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 500);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`still open after ${limitMs} ms`), limitMs);
  });
  const ended = Promise.all(
    sockets.map(async (socket) => (socket.closed ? undefined : once(socket, 'close'))),
  ).then(() => undefined);
  try {
    const meanwhile = await plainRun(api);
    return meanwhile === undefined
      ? await Promise.race([ended, late])
      : `nobody else was served: ${meanwhile}`;
  } finally {
    clearInterval(beat);
    clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
  }
}

/** Bodies that want to be more than they are. */
export function bodyCases(): HostileCase[] {
  const text = JSON.stringify(PLAIN);
  const withField = (field: string): string => `${text.slice(0, -1)},${field}}`;
  return [
    platformCase(
      'json/prototype-keys',
      async (api) => {
        const broken = await bodies({
          top: withField('"__proto__":{"polluted":1}'),
          nested: withField('"inputs":{"__proto__":{"polluted":1}}'),
          constructor: withField('"constructor":{"prototype":{"polluted":1}}'),
          escaped: withField('"__proto\\u005f_":{"polluted":1}'),
        })(api);
        if (broken !== undefined) return broken;
        const { status } = await api.ask('/v1/runs?__proto__[polluted]=1', {
          key: await api.keyOf('viewer'),
        });
        if (status !== 400) return `query: ${status}`;
        return 'polluted' in {} ? 'every object has the field now' : undefined;
      },
      plainRun,
    ),
    platformCase(
      'json/nested-200000-deep',
      bodies({
        lists: withField(`"inputs":${'['.repeat(DEEP)}${']'.repeat(DEEP)}`),
        'lists alone': '['.repeat(DEEP),
        objects: '{"a":'.repeat(DEEP),
      }),
      plainRun,
    ),
    platformCase('body/50-mb', flood, plainRun),
    platformCase(
      'body/zip-bomb',
      async (api) => {
        const bomb = gzipSync(Buffer.alloc(50 * MIB, ' '), { level: 9 });
        const started = performance.now();
        const answer = await post(api, bomb, { 'content-encoding': 'gzip' });
        const broken = await expectStatus(answer, 400, 413, 415);
        const ms = performance.now() - started;
        return broken ?? (ms > 5_000 ? `it took ${Math.round(ms)} ms` : undefined);
      },
      plainRun,
    ),
    platformCase(
      'slow/headers',
      async (api) => drip(api, 'GET /v1/me HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ', 100, 20_000),
      plainRun,
    ),
    platformCase(
      'slow/body',
      async (api) =>
        drip(
          api,
          'POST /v1/runs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{',
          100,
          45_000,
        ),
      plainRun,
    ),
  ];
}
