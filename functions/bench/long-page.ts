import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const FIELDS = 20;
const ROWS = 60;

function page(): string {
  const fields = Array.from(
    { length: FIELDS },
    (_unused, index) => `<label>Field ${index + 1} <input name="f${index + 1}"></label>`,
  );
  const rows = Array.from(
    { length: ROWS },
    (_unused, index) =>
      `<tr><td>INV-${1000 + index}<td>Customer number ${index + 1}, Example Street ${index + 7}<td>2026-03-${String((index % 28) + 1).padStart(2, '0')}<td>${(index * 137.25).toFixed(2)}`,
  );
  return `<!doctype html><html lang="en"><title>Long page</title>
<style>body{font:16px sans-serif;margin:2rem}label{display:inline-block;margin:.4rem}</style>
<h1>Entries</h1><form>${fields.join('\n')}</form>
<table><tr><th>Number<th>Customer<th>Date<th>Total</tr>${rows.join('\n')}</table></html>`;
}

export interface LongPage {
  readonly origin: string;
  close(): Promise<void>;
}

/** One document that a run works on for long: twenty fields above a table of sixty rows. */
export async function startLongPage(): Promise<LongPage> {
  const html = page();
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
