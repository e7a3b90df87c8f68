import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ProgramProcess, type Finished } from '../../shared/testing/program-process.ts';

const CLI = 'functions/cli/main.ts';
let root = '';
let page: Server;
let origin = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rodex-bad-'));
  page = createServer((_request, response) =>
    response
      .setHeader('content-type', 'text/html')
      .end('<title>Shop</title><h1>Shop</h1><a href="/a">Orders</a>'),
  );
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
});
afterAll(async () => {
  page.closeAllConnections();
  page.close();
  await rm(root, { recursive: true, force: true });
});

let count = 0;
const freshDir = (): string => join(root, `data-${(count += 1)}`);
const rodex = async (args: string[], env: Record<string, string> = {}): Promise<Finished> =>
  new ProgramProcess(CLI, args, { RODEX_DATA_DIR: freshDir(), ...env }).finished;

/** A clear message with a stable code and a cure, the right exit status, and no stack trace. */
function expectRefusal(finished: Finished, status: number, code: string, cure: RegExp): void {
  expect(finished.code, finished.stderr).toBe(status);
  expect(finished.stderr).toContain(code);
  expect(finished.stderr).toMatch(cure);
  expect(finished.stderr + finished.stdout).not.toMatch(/^\s+at .*[.:]\d+:\d+\)?$/m);
}

describe('what a person gets wrong', () => {
  it.each<[string, string[], string, RegExp]>([
    [
      'an empty goal',
      ['run', '  ', '--url', 'http://127.0.0.1:1/'],
      'invalid_request',
      /goal: say what/,
    ],
    ['no URL', ['run', 'open it'], 'invalid_request', /--url/],
    ['a URL that is none', ['run', 'x', '--url', 'portal'], 'invalid_request', /absolute http/],
    ['a file URL', ['run', 'x', '--url', 'file:///etc/passwd'], 'invalid_request', /absolute http/],
    [
      'a broken input',
      ['run', 'x', '--url', 'http://a.example/', '--input', 'name'],
      'invalid_request',
      /NAME=VALUE/,
    ],
    ['an unknown run', ['show', 'run_00000000000000000000'], 'not_found', /rodex runs/],
    ['a run id that is none', ['watch', '../../etc'], 'not_found', /run_ and 20 characters/],
  ])('%s', async (_name, args, code, cure) => {
    expectRefusal(await rodex(args), 2, code, cure);
  });

  it.each([['run'], ['nonsense'], ['up', '--port', 'eighty'], ['runs', '--limit', '0']])(
    'bad usage: %s',
    async (...args) => {
      const finished = await rodex(args);
      expect(finished.code).toBe(2);
      expect(finished.stderr).toContain('rodex --help');
    },
  );

  it('names each bad environment variable', async () => {
    const finished = await rodex(['runs'], { PORT: 'eighty', GEMINI_BASE_URL: 'ftp://x' });
    expectRefusal(finished, 2, 'invalid_config', /GEMINI_BASE_URL.*PORT|PORT.*GEMINI_BASE_URL/);
  });

  it('a goal outside the grammar', async () => {
    const finished = await rodex(['run', 'Make me happy somehow', '--url', origin, '--json']);
    expect(finished.code, finished.stderr).toBe(2);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      status: 'failed',
      error: { code: 'goal_not_understood', message: expect.stringContaining('Make me happy') },
    });
  });

  it('an origin outside the task contract', async () => {
    const finished = await rodex(['run', 'Open http://other.example/', '--url', origin, '--json']);
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain('http://other.example is not allowed by the task contract');
    expect(JSON.parse(finished.stdout)).toMatchObject({
      status: 'failed',
      audit: { verified: true },
    });
  });
});

describe('what the machine or the network lacks', () => {
  it('a site that is down', async () => {
    const finished = await rodex(['run', 'Click "Orders"', '--url', 'http://127.0.0.1:9/']);
    expectRefusal(finished, 9, 'site_unreachable', /127\.0\.0\.1:9/);
  });

  it('a browser that is missing', async () => {
    const finished = await rodex(['run', 'Click "Orders"', '--url', origin], {
      RODEX_CHROMIUM_PATH: '/nonexistent/chromium',
    });
    expectRefusal(
      finished,
      8,
      'browser_missing',
      /RODEX_CHROMIUM_PATH|doctor|\/nonexistent\/chromium/,
    );
  });

  it('a port in use', async () => {
    const { port } = new URL(origin);
    expectRefusal(await rodex(['up'], { PORT: port }), 8, 'port_in_use', /PORT/);
  });

  it('a corrupt data directory', async () => {
    const dir = freshDir();
    await mkdir(dir, { mode: 0o700 });
    await writeFile(join(dir, 'state.sqlite'), 'this is no database '.repeat(500));
    expectRefusal(
      await rodex(['runs'], { RODEX_DATA_DIR: dir }),
      10,
      'store_corrupt',
      /state\.sqlite/,
    );
  });

  it('a data directory that cannot be made', async () => {
    await writeFile(join(root, 'file'), '');
    expectRefusal(
      await rodex(['runs'], { RODEX_DATA_DIR: join(root, 'file', 'x') }),
      2,
      'invalid_config',
      /RODEX_DATA_DIR/,
    );
  });

  it('a model that refuses the key', async () => {
    const gemini = createServer((_request, response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' },
        }),
      ),
    );
    await new Promise<void>((resolve) => gemini.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(gemini.address() as AddressInfo).port}`;
    const finished = await rodex(['run', 'Click "Orders"', '--url', origin], {
      GEMINI_BASE_URL: baseUrl,
      GEMINI_API_KEY: 'wrong-key-value',
    });
    gemini.closeAllConnections();
    gemini.close();
    expectRefusal(finished, 2, 'model_rejected', /key/i);
    expect(finished.stderr).not.toContain('wrong-key-value');
  });
});

describe('Ctrl-C in the middle of a run', () => {
  it('says how to go on, keeps the run, and a later command ends it', async () => {
    const env = { RODEX_DATA_DIR: freshDir() };
    const run = new ProgramProcess(
      CLI,
      ['run', 'Wait for "what never comes". Return "x"', '--url', origin],
      env,
    );
    const [, runId = ''] = await run.output(/run (run_\w+) accepted/);
    await run.output(/turn 1/);
    const stopped = await run.stop('SIGINT');
    expectRefusal(stopped, 130, 'interrupted', new RegExp(`rodex watch ${runId}`));
    const cancelled = await rodex(['cancel', runId, '--json'], env);
    expect(JSON.parse(cancelled.stdout)).toEqual({ runId, status: 'cancelled' });
    const verified = await rodex(['audit', 'verify', '--json'], env);
    expect(verified.code, verified.stdout).toBe(0);
  });
});

describe('a commit that the task does not name', () => {
  it('ends as needs_approval without a terminal, waits, and goes on after the answer', async () => {
    const env = { RODEX_DATA_DIR: freshDir() };
    const orders: string[] = [];
    const shop = createServer((request, response) => {
      if (request.method === 'POST') orders.push(request.url ?? '');
      response.setHeader('content-type', 'text/html');
      response.end(
        orders.length > 0
          ? '<h1>Thank you</h1>'
          : '<form method="post" action="/buy"><button>Buy now</button></form>',
      );
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`;
    const asked = await rodex(
      ['run', 'Click "Buy now". Wait for "Thank you". Return "bought"', '--url', url, '--json'],
      env,
    );
    expect(asked.code, asked.stderr).toBe(3);
    const { runId, status, waitingFor } = JSON.parse(asked.stdout);
    expect({ status, waitingFor }).toMatchObject({
      status: 'needs_approval',
      waitingFor: { commitName: 'Buy now' },
    });
    expect(orders).toEqual([]);
    expect((await rodex(['answer', runId, 'perhaps'], env)).code).toBe(2);
    expect((await rodex(['answer', runId, 'approve'], env)).code).toBe(0);
    const done = await rodex(['watch', runId, '--json'], env);
    expect(done.code, done.stderr).toBe(0);
    expect(orders).toEqual(['/buy']);
    const named = await rodex(['run', 'Click "Thank you"', '--url', url, '--json'], env);
    expect(named.code).toBe(1);
    shop.closeAllConnections();
    shop.close();
  });
});

describe('a full disk', () => {
  it('is named, and nothing half-happens', async () => {
    const dir = freshDir();
    await mkdir(dir);
    // A file system of its own of 1 MiB, in a mount namespace that needs no privileges.
    const { spawn } = await import('node:child_process');
    const script = `mount -t tmpfs -o size=1m tmpfs "${dir}" && dd if=/dev/zero of="${dir}/filler" bs=1k count=960 2>/dev/null; exec "${process.execPath}" ${CLI} run 'Click "Orders"' --url ${origin}`;
    const child = spawn(
      'unshare',
      process.getuid?.() === 0 ? ['-m', 'sh', '-c', script] : ['-Urm', 'sh', '-c', script],
      {
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          NO_COLOR: '1',
          RODEX_DATA_DIR: join(dir, 'data'),
        },
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    expectRefusal(
      { code, signal: null, stdout: '', stderr },
      8,
      'disk_full',
      /free some|RODEX_DATA_DIR/,
    );
    expect(await readdir(dir)).toEqual([]);
  });
});
