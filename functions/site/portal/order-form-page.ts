import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { labelled, page } from './layout.ts';
import { orderFieldLabel } from './order-rules.ts';
import type { OrderErrors, OrderField, OrderValues } from './order-rules.ts';
import type { Portal } from './portal-context.ts';

export interface OrderFormState {
  readonly values: OrderValues;
  readonly errors?: OrderErrors;
  /** Ask with `window.confirm` instead of a dialog in the page. */
  readonly nativeConfirm: boolean;
}

export function orderFormPage(
  portal: Portal,
  { values, errors = {}, nativeConfirm }: OrderFormState,
): string {
  const { theme, data } = portal;
  const { css, field, wording } = theme;
  const attributes = (name: OrderField): Html =>
    html`id="${field(name)}"
    name="${field(name)}"${errors[name] !== undefined && html` aria-invalid="true" aria-describedby="${field(name)}-error"`}`;
  const input = (name: OrderField, extra: Html): Html =>
    labelled(
      portal,
      orderFieldLabel(theme, name),
      field(name),
      html`<input ${attributes(name)} value="${values[name]}" ${extra} />`,
      errors[name],
    );
  return page(portal, {
    title: wording.newOrder,
    section: 'orders',
    scripts: ['order-form'],
    body: html`<h1>${wording.newOrder}</h1>
      ${errorSummary(portal, errors)}
      <form
        class="${css('card')} ${css('stack')}"
        id="${field('order-form')}"
        method="post"
        action="/orders${nativeConfirm && '?confirm=native'}"
        novalidate
        data-confirm="${nativeConfirm ? `${wording.confirmTitle} ${wording.confirmText}` : ''}"
      >
        ${labelled(
          portal,
          wording.supplier,
          field('supplier'),
          html`<select ${attributes('supplier')}>
            <option value="">${wording.chooseSupplier}</option>
            ${data.suppliers.map(
              (supplier) =>
                html`<option${supplier === values.supplier && html` selected`}>${supplier}</option>`,
            )}
          </select>`,
          errors.supplier,
        )}
        ${input('item', html`autocomplete="off"`)}
        <div class="${css('pair')}">
          ${input('quantity', html`inputmode="numeric"`)}
          ${input('unit-price', html`inputmode="decimal" placeholder="${theme.formats.priceExample}"`)}
        </div>
        ${input('reference', html`autocomplete="off"`)} ${input('needed-by', html`type="date"`)}
        <div class="${css('field')} ${css('check')}">
          <input
            type="checkbox"
            value="yes"
            ${attributes('terms')}${values.terms === 'yes' && html` checked`}
          />
          <label for="${field('terms')}">${wording.acceptTerms}</label
          >${errors.terms !== undefined && html`<p class="${css('error')}" id="${field('terms')}-error">${errors.terms}</p>`}
        </div>
        <div class="${css('actions')}">
          ${nativeConfirm ? html`<button class="${css('primary')}" type="submit">${wording.submitOrder}</button>` : html`<button class="${css('primary')}" type="button" data-opens-confirmation>${wording.submitOrder}</button>`}
          <a href="/orders">${wording.orders}</a>
        </div>
      </form>
      ${!nativeConfirm && confirmation(portal)}`,
  });
}

function errorSummary({ theme }: Portal, errors: OrderErrors): Html | false {
  const wrong = Object.entries(errors) as [OrderField, string][];
  if (wrong.length === 0) return false;
  const { css, field, wording } = theme;
  return html`<div class="${css('problem')}" role="alert">
    <h2>${wording.errorSummary}</h2>
    <ul>
      ${wrong.map(([name, message]) => html`<li><a href="#${field(name)}">${message}</a></li>`)}
    </ul>
  </div>`;
}

/** Half of the variants use the element, the others a box with a role, as older sites do. */
function confirmation({ theme }: Portal): Html {
  const { css, field, wording } = theme;
  const id = field('confirmation');
  const content = html`<h2 id="${id}-title">${wording.confirmTitle}</h2>
    <p id="${id}-text">${wording.confirmText}</p>
    <div class="${css('actions')}">
      <button class="${css('primary')}" type="submit" form="${field('order-form')}" data-confirms>
        ${wording.confirmOrder}
      </button>
      <button class="${css('secondary')}" type="button" data-cancels>${wording.cancel}</button>
    </div>`;
  return theme.confirmation === 'dialog'
    ? html`<dialog
        class="${css('dialog')}"
        id="${id}"
        aria-labelledby="${id}-title"
        aria-describedby="${id}-text"
      >
        ${content}
      </dialog>`
    : html`<div class="${css('veil')}" hidden>
        <div
          class="${css('dialog')}"
          id="${id}"
          role="alertdialog"
          aria-modal="true"
          aria-labelledby="${id}-title"
          aria-describedby="${id}-text"
        >
          ${content}
        </div>
      </div>`;
}
