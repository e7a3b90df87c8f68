import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { Theme } from '../portal/theme.ts';
import { fill } from '../portal/theme.ts';

export interface Charge {
  readonly invoice: string;
  readonly amountCents: number;
}

export const cardFields = [
  'card-name',
  'card-number',
  'card-expiry',
  'card-code',
  'payment-note',
] as const;
export type CardField = (typeof cardFields)[number];

export function checkoutPage(
  theme: Theme,
  charge: Charge,
  values: Partial<Record<CardField, string>>,
  refused: boolean,
): string {
  const { field, wording, formats } = theme;
  const input = (name: CardField, label: string, autocomplete: string): Html =>
    html`<label for="${field(name)}">${label}</label
      ><input
        id="${field(name)}"
        name="${field(name)}"
        value="${values[name]}"
        autocomplete="${autocomplete}"
      />`;
  return frame(
    theme,
    html`${refused && html`<p class="refused" role="alert">${wording.paymentRefused}</p>`}
      <form method="post" action="/pay">
        <input type="hidden" name="invoice" value="${charge.invoice}" />
        ${input('card-name', wording.cardName, 'cc-name')}
        ${input('card-number', wording.cardNumber, 'cc-number')}
        <div class="pair">
          <div>${input('card-expiry', wording.cardExpiry, 'cc-exp')}</div>
          <div>${input('card-code', wording.cardCode, 'cc-csc')}</div>
        </div>
        ${input('payment-note', wording.paymentNote, 'off')}
        <button>${fill(wording.pay, { amount: formats.money(charge.amountCents) })}</button>
      </form>`,
  );
}

export function receiptPage(theme: Theme, receipt: string, parentOrigin: string): string {
  return frame(
    theme,
    html`<p class="done" role="status" data-receipt="${receipt}" data-parent="${parentOrigin}">
        ${theme.wording.paymentReceived} (${receipt})
      </p>
      <script defer src="/assets/checkout.client.js"></script>`,
  );
}

function frame(theme: Theme, body: Html): string {
  return html`<!doctype html>
    <html lang="${theme.lang}">
      <head>
        <meta charset="utf-8" />
        <title>${theme.wording.payments}</title>
        <link rel="stylesheet" href="/assets/pay.css" />
      </head>
      <body>
        ${body}
      </body>
    </html>`.text;
}

export const payStyles = `
* { box-sizing: border-box; }
body { margin: 0; padding: 20px; font: 15px/1.5 system-ui, "Liberation Sans", sans-serif; color: #22252b; }
label { display: block; font-size: 13px; font-weight: 600; margin-bottom: 4px; }
input { font: inherit; width: 100%; padding: 8px 10px; margin-bottom: 14px; border: 1px solid #b7bcc6; border-radius: 6px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
button { font: inherit; font-weight: 600; width: 100%; padding: 11px; border: 0; border-radius: 6px; color: #fff; background: #22252b; cursor: pointer; }
.refused { color: #8f2316; margin-top: 0; }
.done { color: #14532d; }
`.trimStart();
