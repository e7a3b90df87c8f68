import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { InvoiceQuery } from './invoice-query.ts';
import { labelled } from './layout.ts';
import { parseDate } from './formats.ts';
import type { Portal } from './portal-context.ts';
import { fill } from './theme.ts';

export function statusBox(portal: Portal, query: InvoiceQuery): Html {
  const { field, wording } = portal.theme;
  const option = (value: string, label: string): Html =>
    html`<option value="${value}" ${value === query.status && html` selected`}>${label}</option>`;
  return labelled(
    portal,
    wording.status,
    field('status'),
    html`<select id="${field('status')}" name="status">
      ${option('', wording.any)}${option('open', wording.statusOpen)}${option('paid', wording.statusPaid)}${option('overdue', wording.statusOverdue)}
    </select>`,
  );
}

/** A listbox made of plain elements and ARIA, as component libraries make them. */
export function categoryBox({ theme, data }: Portal, query: InvoiceQuery): Html {
  const { css, field, wording } = theme;
  const id = field('category');
  const chosen = data.categories.includes(query.category) ? query.category : '';
  const option = (value: string, index: number): Html =>
    html`<li
      role="option"
      id="${id}-${index}"
      data-value="${value}"
      aria-selected="${value === chosen ? 'true' : 'false'}"
    >
      ${value === '' ? wording.any : value}
    </li>`;
  return html`<div class="${css('field')} ${css('combo')}" data-combobox>
    <span class="${css('label')}" id="${id}-label">${wording.category}</span>
    <button
      type="button"
      id="${id}"
      role="combobox"
      aria-haspopup="listbox"
      aria-expanded="false"
      aria-controls="${id}-list"
      aria-labelledby="${id}-label"
    >
      ${chosen === '' ? wording.any : chosen}
    </button>
    <ul role="listbox" id="${id}-list" aria-labelledby="${id}-label" hidden>
      ${['', ...data.categories].map(option)}
    </ul>
    <input type="hidden" name="category" value="${chosen}" />
  </div>`;
}

export function fromDateBox(portal: Portal, query: InvoiceQuery): Html {
  const { theme, facts } = portal;
  const { css, field, wording, formats } = theme;
  const id = field('from');
  const wrong = query.from !== '' && parseDate(query.from, formats.datePattern) === undefined;
  return labelled(
    portal,
    wording.fromDate,
    id,
    html`<span
      class="${css('date')}"
      data-date-picker
      data-pattern="${formats.datePattern}"
      data-month="${facts.newestMonth}"
      data-earlier="${wording.previousMonth}"
      data-later="${wording.nextMonth}"
      data-label="${wording.openCalendar}"
    >
      <input
        id="${id}"
        name="from"
        value="${query.from}"
        placeholder="${formats.datePattern}"
        autocomplete="off"
        maxlength="20"
      />
      <button
        type="button"
        aria-haspopup="dialog"
        aria-expanded="false"
        aria-label="${wording.openCalendar}"
      >
        ▾
      </button>
    </span>`,
    wrong && fill(wording.errorDate, { field: wording.fromDate, example: formats.datePattern }),
  );
}
