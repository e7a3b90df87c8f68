import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { labelled, page } from './layout.ts';
import type { Portal } from './portal-context.ts';
import { fill } from './theme.ts';

export interface SettingsState {
  readonly note: string;
  readonly displayName: string;
  readonly threshold: string;
  readonly notice?: string;
}

export function settingsPage(portal: Portal, state: SettingsState): string {
  const { css, field, wording } = portal.theme;
  return page(portal, {
    title: wording.settings,
    section: 'settings',
    scripts: ['settings'],
    notice: state.notice,
    body: html`<h1>${wording.settings}</h1>
      <div class="${css('toolbar')}">
        <div class="${css('menu')}">
          <span tabindex="0" aria-haspopup="menu">${wording.menu}</span>
          <ul role="menu">
            ${[wording.menuExport, wording.menuArchive].map((name) => html`<li role="menuitem" tabindex="-1" data-done="${fill(wording.menuDone, { name })}">${name}</li>`)}
          </ul>
        </div>
        <a href="/settings/help" target="_blank">${wording.helpLink}</a>
        <span role="status" data-menu-result></span>
      </div>
      <div class="${css('grid')}">
        <section class="${css('card')}" data-saves-note data-saved="${wording.saved}">
          <h2 id="${field('note')}-title">${wording.noteTitle}</h2>
          <div
            class="${css('editor')}"
            id="${field('note')}"
            contenteditable="true"
            role="textbox"
            aria-multiline="true"
            aria-labelledby="${field('note')}-title"
            data-text="${state.note}"
          ></div>
          <p>
            <button class="${css('secondary')}" type="button">${wording.saveStandingNote}</button>
            <span role="status"></span>
          </p>
        </section>
        <section class="${css('card')}">
          <h2>${wording.uploadTitle}</h2>
          <form method="post" action="/settings/uploads" enctype="multipart/form-data">
            ${labelled(portal, wording.chooseFile, field('file'), html`<input id="${field('file')}" name="${field('file')}" type="file" />`)}
            <button class="${css('secondary')}">${wording.upload}</button>
          </form>
        </section>
        <section class="${css('card')}">
          <h2>${wording.profileTitle}</h2>
          <form method="post" action="/settings/profile" data-warns-unsaved>
            ${labelled(portal, wording.displayName, field('display-name'), html`<input id="${field('display-name')}" name="${field('display-name')}" value="${state.displayName}" maxlength="80" required />`)}
            <button class="${css('secondary')}">${wording.saveProfile}</button>
          </form>
        </section>
        <section class="${css('card')}">
          <h2>${wording.threshold}</h2>
          <form method="post" action="/settings/threshold">
            ${labelled(portal, wording.threshold, field('threshold'), html`<input id="${field('threshold')}" name="${field('threshold')}" type="range" min="0" max="100" step="5" value="${state.threshold}" data-shows="${field('threshold')}-value" /> <output id="${field('threshold')}-value">${state.threshold}</output>`)}
            <button class="${css('secondary')}">${wording.saveThreshold}</button>
          </form>
        </section>
        <section class="${css('card')}">
          <h2>${wording.termsTitle}</h2>
          ${terms(portal)}
        </section>
      </div>`,
  });
}

/** A scroller in a scroller; the box to tick is at the end of the inner one. */
function terms({ theme: { css, field, wording } }: Portal): Html {
  return html`<div class="${css('scroller')}" tabindex="0">
    <p>${wording.supportText}</p>
    <div class="${css('scroller')}" tabindex="0">
      ${Array.from({ length: 14 }, (_, index) => html`<p>${fill(wording.termsLine, { number: index + 1, days: 3 + index })}</p>`)}
      <label><input type="checkbox" id="${field('clauses')}" /> ${wording.acceptClauses}</label>
    </div>
    <p>${wording.helpText}</p>
  </div>`;
}

export function helpPage(portal: Portal): string {
  const { wording } = portal.theme;
  return page(portal, {
    title: wording.helpLink,
    section: 'settings',
    body: html`<h1>${wording.helpLink}</h1>
      <p>${wording.helpText}</p>`,
  });
}
