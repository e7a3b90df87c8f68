import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { page } from './layout.ts';
import { listOrders } from './order-book.ts';
import type { Portal } from './portal-context.ts';
import { fill } from './theme.ts';

/**
 * The page for things a reader of the DOM overlooks: an open and two closed shadow roots (one of them declared in the markup),
 * content that comes late, and plain elements that act on a click with and without a pointer cursor.
 */
export function dashboardPage(portal: Portal, notice?: string): string {
  const { theme, data, facts } = portal;
  const { css, wording } = theme;
  const notifications = [
    fill(wording.notifyDue, { number: facts.newestInvoice.number }),
    wording.notifyTerms,
  ];
  return page(portal, {
    title: wording.dashboard,
    section: 'dashboard',
    scripts: ['dashboard'],
    notice,
    body: html`<h1>${fill(wording.welcome, { name: data.displayName })}</h1>
      <p class="${css('quiet')}">${data.company}</p>
      <div class="${css('grid')}">
        <section class="${css('card')}">
          <h2>${wording.shortcuts}</h2>
          <div class="${css('tiles')}">
            <div class="${css('tile')}" data-go="/invoices">${wording.goInvoices}</div>
            <div class="${css('tile')}" data-go="/orders">${wording.goOrders}</div>
            <div
              class="${css('tile')}"
              data-post="/notices/acknowledge"
              data-done="${wording.acknowledged}"
            >
              ${wording.acknowledge}
            </div>
            <div class="${css('tile')} ${css('pointer')}" data-reveal="${wording.tip}">
              ${wording.showTip}
            </div>
          </div>
        </section>
        <section class="${css('card')}">
          <h2>${wording.notifications}</h2>
          <div
            data-widget="notifications"
            data-items="${JSON.stringify(notifications)}"
            data-mark="${wording.markRead}"
            data-empty="${wording.allRead}"
          ></div>
        </section>
        <section class="${css('card')}">
          <h2>${wording.quickNote}</h2>
          <div
            data-widget="note"
            data-label="${wording.quickNoteText}"
            data-save="${wording.saveNote}"
            data-saved="${wording.noteSaved}"
          ></div>
        </section>
        <section class="${css('card')}">
          <h2>${wording.support}</h2>
          ${supportWidget(portal)}
        </section>
        <section class="${css('card')}" data-late="/panels/activity" aria-busy="true">
          <h2>${wording.activity}</h2>
          <p class="${css('quiet')}">${wording.loading}</p>
        </section>
      </div>`,
  });
}

function supportWidget({ theme: { css, field, wording } }: Portal): Html {
  return html`<div>
    <template shadowrootmode="closed">
      <link rel="stylesheet" href="/assets/portal.css" />
      <p>${wording.supportText}</p>
      <form method="post" action="/callbacks">
        <div class="${css('field')}">
          <label for="${field('phone')}">${wording.phone}</label
          ><input
            id="${field('phone')}"
            name="${field('phone')}"
            type="tel"
            required
            maxlength="40"
          />
        </div>
        <button class="${css('secondary')}">${wording.requestCall}</button>
      </form>
    </template>
  </div>`;
}

/** Fetched by the dashboard after it has loaded. */
export function activityPanel(portal: Portal): string {
  const { wording } = portal.theme;
  const lines = listOrders(portal).slice(0, 4);
  return html`<h2>${wording.activity}</h2>
    <ul>
      ${lines.map(({ number, reference, supplier }) => html`<li><a href="/orders?ref=${encodeURIComponent(reference)}">${fill(wording.activityOrder, { number, supplier })}</a></li>`)}
    </ul>`.text;
}
