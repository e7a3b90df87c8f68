import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';

import { GENERATED } from './generated-pages.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export interface BenchSite {
  readonly origin: string;
  close(): Promise<void>;
}

/** A module that was fetched by the bench, so that the product does not depend on it. */
async function fetched<Module>(file: string): Promise<Module> {
  // oxlint-disable-next-line import/no-dynamic-require -- see above
  return (await import(pathToFileURL(file).href)) as Module;
}

/** Counts tokens as o200k does, a proxy for any model's. Of very long texts the first 2 million characters stand for all. */
export async function tokenizerIn(folder: string): Promise<(text: string) => number> {
  const most = 2_000_000;
  const { encode } = await fetched<{ encode: (text: string) => number[] }>(
    join(folder, 'node_modules/gpt-tokenizer/esm/encoding/o200k_base.js'),
  );
  return (text) =>
    text.length <= most
      ? encode(text).length
      : Math.round((encode(text.slice(0, most)).length * text.length) / most);
}

/** Where the dashboard's package says that its plugins come from: it is published without them. */
async function pluginsIn(modules: string): Promise<(path: string) => string | undefined> {
  const { default: list } = await fetched<{ default: { from: string; to: string }[] }>(
    join(modules, 'admin-lte/build/npm/Plugins.js'),
  );
  return (path) => {
    const asked = path.replace(/^admin-lte\//, '');
    const found = list
      .filter(({ to }) => asked.startsWith(`${to.replace(/\/$/, '')}/`))
      .toSorted((one, two) => two.to.length - one.to.length)[0];
    return (
      found && join(modules, '..', found.from, asked.slice(found.to.replace(/\/$/, '').length))
    );
  };
}

/** Serves `pages/` and generated pages at /p and the fetched packages at /npm, under two origins. */
export async function startBenchSite(folder: string): Promise<BenchSite> {
  const modules = join(folder, 'node_modules');
  const pluginFile = await pluginsIn(modules);
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    const generated = path.startsWith('/p/') ? GENERATED[path.slice(3)] : undefined;
    if (generated) return void response.end(generated());
    const file = path.startsWith('/npm/')
      ? (pluginFile(path.slice(5)) ?? join(modules, path.slice(5)))
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
