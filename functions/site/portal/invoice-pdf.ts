import { PDFDocument, StandardFonts, rgb } from 'pdf-lib';
import type { Invoice } from './portal-data.ts';
import type { Theme } from './theme.ts';
import { fill } from './theme.ts';

/** The same invoice gives the same bytes: the document's own dates are the invoice's. */
export async function invoicePdf(
  theme: Theme,
  company: string,
  invoice: Invoice,
): Promise<Uint8Array> {
  const { wording, formats } = theme;
  const document = await PDFDocument.create();
  const issued = new Date(`${invoice.date}T00:00:00Z`);
  const title = fill(wording.invoiceTitle, { number: invoice.number });
  document.setTitle(title);
  document.setCreationDate(issued);
  document.setModificationDate(issued);

  const regular = await document.embedFont(StandardFonts.Helvetica);
  const bold = await document.embedFont(StandardFonts.HelveticaBold);
  const sheet = document.addPage([595, 842]);
  let top = 780;
  const write = (text: string, left = 56, size = 11, font = regular): void => {
    sheet.drawText(text, { x: left, y: top, size, font, color: rgb(0.13, 0.16, 0.2) });
  };

  write(title, 56, 20, bold);
  top -= 36;
  for (const line of [
    `${wording.supplier}: ${invoice.supplier}`,
    company,
    `${wording.number}: ${invoice.number}`,
    `${wording.date}: ${formats.date(invoice.date)}`,
  ]) {
    write(line);
    top -= 18;
  }
  top -= 14;
  for (const { description, quantity, unitCents } of invoice.lines) {
    write(description);
    write(`${quantity} × ${formats.money(unitCents)}`, 290);
    write(formats.money(quantity * unitCents), 440);
    top -= 18;
  }
  top -= 10;
  write(`${wording.total}: ${formats.money(invoice.totalCents)}`, 56, 13, bold);
  return document.save();
}
