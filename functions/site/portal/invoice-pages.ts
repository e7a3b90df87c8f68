import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { invoiceLink } from './invoice-query.ts';
import type { InvoicePage, InvoiceQuery } from './invoice-query.ts';
import { page } from './layout.ts';
import type { Portal } from './portal-context.ts';
import type { Invoice } from './portal-data.ts';
import { categoryBox, fromDateBox, statusBox } from './invoice-filters.ts';
import type { InvoiceColumn } from './theme.ts';
import { fill } from './theme.ts';

export function invoicesPage(portal: Portal, query: InvoiceQuery, result: InvoicePage): string {
  const { css, wording, columns } = portal.theme;
  return page(portal, {
    title: wording.invoices,
    section: 'invoices',
    scripts: ['combobox', 'date-picker'],
    body: html`<h1>${wording.invoices}</h1>
      <form class="${css('filters')}" method="get" action="/invoices">
        <input type="hidden" name="sort" value="${query.sort}" /><input
          type="hidden"
          name="dir"
          value="${query.dir}"
        />
        ${statusBox(portal, query)} ${categoryBox(portal, query)} ${fromDateBox(portal, query)}
        <div class="${css('actions')}">
          <button class="${css('primary')}" type="submit">${wording.apply}</button>
          <a href="/invoices">${wording.clear}</a>
        </div>
      </form>
      <table class="${css('table')}">
        <caption>
          ${fill(wording.rowCount, { count: result.count })}
        </caption>
        <thead>
          <tr>
            ${columns.map((column) => columnHeader(portal, query, column))}
          </tr>
        </thead>
        <tbody>
          ${result.rows.map(
            (invoice) =>
              html`<tr>
                ${columns.map((column) => cell(portal, invoice, column))}
              </tr>`,
          )}
        </tbody>
      </table>
      ${result.count === 0 && html`<p>${wording.noRows}</p>`} ${pager(portal, query, result)}`,
  });
}

function columnHeader({ theme }: Portal, query: InvoiceQuery, column: InvoiceColumn): Html {
  const sorted = query.sort === column;
  const dir = sorted && query.dir === 'asc' ? 'desc' : 'asc';
  const state = !sorted ? 'none' : query.dir === 'asc' ? 'ascending' : 'descending';
  return html`<th
    scope="col"
    aria-sort="${state}"
    ${column === 'total' && html` class="${theme.css('number')}"`}
  >
    <a href="${invoiceLink(query, { sort: column, dir, page: 1 })}">${theme.wording[column]}</a>
  </th>`;
}

function cell({ theme }: Portal, invoice: Invoice, column: InvoiceColumn): Html {
  const { css, formats } = theme;
  if (column === 'number')
    return html`<td>
      <a href="/invoices/${encodeURIComponent(invoice.number)}">${invoice.number}</a>
    </td>`;
  if (column === 'date') return html`<td>${formats.date(invoice.date)}</td>`;
  if (column === 'total')
    return html`<td class="${css('number')}">${formats.money(invoice.totalCents)}</td>`;
  if (column === 'supplier') return html`<td>${invoice.supplier}</td>`;
  return html`<td>
    <span class="${css('state')} ${css(`state-${invoice.status}`)}"
      >${statusLabel(theme, invoice.status)}</span
    >
  </td>`;
}

export function statusLabel({ wording }: Portal['theme'], status: Invoice['status']): string {
  return { open: wording.statusOpen, paid: wording.statusPaid, overdue: wording.statusOverdue }[
    status
  ];
}

function pager(
  { theme: { css, wording } }: Portal,
  query: InvoiceQuery,
  { page: current, pages }: InvoicePage,
): Html {
  return html`<nav
    class="${css('pager')}"
    aria-label="${fill(wording.pageOf, { page: current, pages })}"
  >
    ${current > 1 && html`<a rel="prev" href="${invoiceLink(query, { page: current - 1 })}">${wording.previousPage}</a>`}
    <span>${fill(wording.pageOf, { page: current, pages })}</span>
    ${current < pages && html`<a rel="next" href="${invoiceLink(query, { page: current + 1 })}">${wording.nextPage}</a>`}
  </nav>`;
}

export function invoicePage(portal: Portal, invoice: Invoice): string {
  const { css, wording, formats } = portal.theme;
  const title = fill(wording.invoiceTitle, { number: invoice.number });
  const path = `/invoices/${encodeURIComponent(invoice.number)}`;
  return page(portal, {
    title,
    section: 'invoices',
    body: html`<p><a href="/invoices">${wording.backToInvoices}</a></p>
      <h1>${title}</h1>
      <dl class="${css('facts')}">
        <div>
          <dt>${wording.date}</dt>
          <dd>${formats.date(invoice.date)}</dd>
        </div>
        <div>
          <dt>${wording.supplier}</dt>
          <dd>${invoice.supplier}</dd>
        </div>
        <div>
          <dt>${wording.category}</dt>
          <dd>${invoice.category}</dd>
        </div>
        <div>
          <dt>${wording.status}</dt>
          <dd>${statusLabel(portal.theme, invoice.status)}</dd>
        </div>
        <div>
          <dt>${wording.total}</dt>
          <dd><strong>${formats.money(invoice.totalCents)}</strong></dd>
        </div>
      </dl>
      <p class="${css('actions')}">
        <a class="${css('primary')}" href="${path}/pdf">${wording.downloadPdf}</a>
        ${invoice.status !== 'paid' && html`<a class="${css('secondary')}" href="/payments?invoice=${encodeURIComponent(invoice.number)}">${wording.payments}</a>`}
      </p>
      <table class="${css('table')}">
        <thead>
          <tr>
            <th scope="col">${wording.description}</th>
            <th scope="col" class="${css('number')}">${wording.lineQuantity}</th>
            <th scope="col" class="${css('number')}">${wording.linePrice}</th>
            <th scope="col" class="${css('number')}">${wording.lineTotal}</th>
          </tr>
        </thead>
        <tbody>
          ${invoice.lines.map(
            ({ description, quantity, unitCents }) =>
              html`<tr>
                <td>${description}</td>
                <td class="${css('number')}">${quantity}</td>
                <td class="${css('number')}">${formats.money(unitCents)}</td>
                <td class="${css('number')}">${formats.money(quantity * unitCents)}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colspan="3">${wording.total}</th>
            <td class="${css('number')}">${formats.money(invoice.totalCents)}</td>
          </tr>
        </tfoot>
      </table>`,
  });
}
