import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { AppError } from '../../shared/core/errors.ts';

/** Fetched by the bench alone, into a folder of its own: pages that people really use, and the tokenizer. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@shoelace-style/shoelace': '2.20.1',
  'admin-lte': '3.2.0',
  'ag-grid-community': '36.2.0',
  antd: '5.29.3',
  dayjs: '1.11.23',
  'gpt-tokenizer': '4.0.0',
  'monaco-editor': '0.57.0',
  react: '18.3.1',
  'react-dom': '18.3.1',
  'swagger-ui-dist': '5.35.0',
};

export interface BenchPage {
  readonly name: string;
  readonly path: string;
  /** Expression that holds when the page has drawn itself. */
  readonly ready: string;
}

export const PAGES: readonly BenchPage[] = [
  {
    name: 'API explorer',
    path: '/p/swagger.html',
    ready: 'document.documentElement.dataset.ready',
  },
  {
    name: 'admin dashboard',
    path: '/npm/admin-lte/index.html',
    ready: 'document.readyState === "complete"',
  },
  { name: 'component console', path: '/p/antd.html', ready: 'document.querySelector(".ant-tree")' },
  { name: 'data grid', path: '/p/aggrid.html', ready: 'document.querySelector(".ag-row")' },
  { name: 'code editor', path: '/p/editor.html', ready: 'document.querySelector(".view-line")' },
  { name: '5,000-row table', path: '/p/table5k.html', ready: 'true' },
  {
    name: 'shadow and frames',
    path: '/p/shadow.html',
    ready: 'customElements.get("sl-button") && document.querySelector("sl-rating").shadowRoot',
  },
  { name: 'shop of divs', path: '/p/shop.html', ready: 'true' },
  { name: 'form', path: '/p/form10.html', ready: 'true' },
  { name: 'delegated and virtual', path: '/p/delegated.html', ready: 'true' },
];

export interface BenchSite {
  readonly origin: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Installs the packages once into `folder`; the folder is the caller's to keep. */
export async function fetchPackages(folder: string, note: (text: string) => void): Promise<void> {
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES });
  const file = join(folder, 'package.json');
  await mkdir(folder, { recursive: true });
  const done = join(folder, 'fetched.json');
  if ((await readFile(done, 'utf8').catch(() => '')) === wanted) return;
  note(`fetching the packages of the pages into ${folder}`);
  await writeFile(file, wanted);
  try {
    await promisify(execFile)(
      'npm',
      ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'],
      { cwd: folder, timeout: 600_000 },
    );
  } catch (error) {
    throw new AppError('internal', `the packages of the pages cannot be fetched into ${folder}`, {
      cause: error,
    });
  }
  await writeFile(done, wanted);
}

/** Counts tokens as o200k does, a proxy for any model's. */
export async function tokenizerIn(folder: string): Promise<(text: string) => number> {
  const file = join(folder, 'node_modules/gpt-tokenizer/esm/encoding/o200k_base.js');
  // oxlint-disable-next-line import/no-dynamic-require -- fetched by the bench, so that the product does not depend on it
  const module = (await import(pathToFileURL(file).href)) as { encode(text: string): number[] };
  return (text) => module.encode(text).length;
}

const operations = (): string =>
  JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Orders', version: '1' },
    paths: Object.fromEntries(
      Array.from({ length: 15 }, (_, at) => [
        `/orders/${at}`,
        Object.fromEntries(
          ['get', 'post'].map((verb) => [
            verb,
            { summary: `${verb} order ${at}`, tags: [`group ${at % 3}`], responses: {} },
          ]),
        ),
      ]),
    ),
  });

/** Serves `pages/` at /p and the fetched packages at /npm, under two origins. */
export async function startBenchSite(folder: string): Promise<BenchSite> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    if (path === '/p/openapi.json') return void response.end(operations());
    const file = path.startsWith('/npm/')
      ? join(folder, 'node_modules', path.slice(5))
      : join(import.meta.dirname, 'pages', path.slice(3));
    readFile(file).then(
      (content) =>
        response.end(
          path.startsWith('/p/')
            ? content.toString('utf8').replaceAll('{{OTHER}}', `http://localhost:${port}`)
            : content,
        ),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
