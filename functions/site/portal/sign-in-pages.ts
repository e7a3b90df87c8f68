import { html } from '../html.ts';
import { labelled, page } from './layout.ts';
import type { Portal } from './portal-context.ts';

export function signInPage(portal: Portal, next: string, username = '', problem?: string): string {
  const { css, field, wording } = portal.theme;
  return page(portal, {
    title: wording.signInTitle,
    body: html`<section class="${css('card')} ${css('narrow')}">
      <h1>${wording.signInTitle}</h1>
      ${problem !== undefined && html`<p class="${css('problem')}" role="alert">${problem}</p>`}
      <form method="post" action="/sign-in">
        <input type="hidden" name="next" value="${next}" />
        ${labelled(portal, wording.userName, field('username'), html`<input id="${field('username')}" name="${field('username')}" value="${username}" autocomplete="username" required />`)}
        ${labelled(portal, wording.password, field('password'), html`<input id="${field('password')}" name="${field('password')}" type="password" autocomplete="current-password" required />`)}
        <button class="${css('primary')}" type="submit">${wording.signIn}</button>
      </form>
    </section>`,
  });
}
