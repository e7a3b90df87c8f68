import { inflateSync } from 'node:zlib';

import { PDFArray, PDFDocument, PDFRawStream } from 'pdf-lib';
import { expect, it } from 'vitest';

import { invoicePdf } from './invoice-pdf.ts';
import { generatePortalData } from './portal-data.ts';
import type { Invoice } from './portal-data.ts';
import { createTheme, variants } from './theme.ts';

/** The texts of the first page, as pdf-lib writes them: hexadecimal WinAnsi. */
async function textsOf(bytes: Uint8Array): Promise<string> {
  const document = await PDFDocument.load(bytes);
  const contents = document.getPage(0).node.Contents();
  const streams =
    contents instanceof PDFArray
      ? contents.asArray().map((reference) => document.context.lookup(reference))
      : [contents];
  const source = streams
    .map((stream) =>
      stream instanceof PDFRawStream ? inflateSync(stream.contents).toString('latin1') : '',
    )
    .join('\n');
  const texts = [...source.matchAll(/<([0-9A-F]+)> Tj/g)].map(([, hex = '']) =>
    Buffer.from(hex, 'hex'),
  );
  return texts.map((text) => new TextDecoder('windows-1252').decode(text)).join('\n');
}

it.each(variants)(
  'holds number, date and total as the pages of variant %s show them',
  async (variant) => {
    const theme = createTheme(variant);
    const [invoice] = generatePortalData(3, theme.formats.invoicePrefix).invoices as [Invoice];
    const bytes = await invoicePdf(theme, 'Juniper Foods', invoice);
    const texts = await textsOf(bytes);
    expect(texts).toContain(`${theme.wording.number}: ${invoice.number}`);
    expect(texts).toContain(`${theme.wording.date}: ${theme.formats.date(invoice.date)}`);
    expect(texts).toContain(`${theme.wording.total}: ${theme.formats.money(invoice.totalCents)}`);
    expect(await invoicePdf(theme, 'Juniper Foods', invoice)).toEqual(bytes);
  },
);
