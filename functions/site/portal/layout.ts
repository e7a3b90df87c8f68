import { html } from '../html.ts';
import type { Html, HtmlValue } from '../html.ts';
import type { ClientScript } from '../client-scripts.ts';
import type { Portal } from './portal-context.ts';

export type Section = 'dashboard' | 'invoices' | 'orders' | 'payments' | 'settings';

export interface PageParts {
  readonly title: string;
  readonly body: Html;
  readonly section?: Section;
  /** Names of scripts in `client/`. */
  readonly scripts?: readonly ClientScript[];
  /** A success message at the top. */
  readonly notice?: string | undefined;
}

const paths: Readonly<Record<Section, string>> = {
  dashboard: '/',
  invoices: '/invoices',
  orders: '/orders',
  payments: '/payments',
  settings: '/settings',
};

/** A page without a section is one for visitors who are not signed in. */
export function page(
  { theme, data }: Portal,
  { title, body, section, scripts = [], notice }: PageParts,
): string {
  const { css, wording } = theme;
  const link = (name: Section): Html =>
    html`<li>
      <a href="${paths[name]}" ${name === section && html` aria-current="page"`}
        >${wording[name]}</a
      >
    </li>`;
  const header = html`<header class="${css('header')}">
    <a class="${css('brand')}" href="/">${wording.portalName}</a>
    ${
      section !== undefined &&
      html`<nav class="${css('nav')}">
          <ul>
            ${Object.keys(paths).map((name) => link(name as Section))}
          </ul>
        </nav>
        <form class="${css('account')}" method="post" action="/sign-out">
          <span>${data.displayName}</span>
          <button class="${css('plain')}">${wording.signOut}</button>
        </form>`
    }
  </header>`;
  return html`<!doctype html>
    <html lang="${theme.lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – ${wording.portalName}</title>
        <link rel="stylesheet" href="/assets/portal.css" />
        ${scripts.map((name) => html`<script defer src="/assets/${name}.client.js"></script>`)}
      </head>
      <body class="${css(section === undefined ? 'visitor' : theme.navigation)}">
        ${header}
        <main class="${css('main')}">
          ${notice !== undefined && html`<p class="${css('notice')}" role="status">${notice}</p>`}
          ${body}
        </main>
      </body>
    </html>`.text;
}

export function labelled(
  portal: Portal,
  label: string,
  id: string,
  control: Html,
  error?: HtmlValue,
): Html {
  const { css } = portal.theme;
  return html`<div class="${css('field')}">
    <label for="${id}">${label}</label>
    ${control}
    ${error !== undefined && error !== false && html`<p class="${css('error')}" id="${id}-error">${error}</p>`}
  </div>`;
}
