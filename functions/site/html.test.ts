import { expect, it } from 'vitest';

import { escapeHtml, html } from './html.ts';

it('escapes text and attributes but not markup made by the tag', () => {
  const hostile = `"><script>alert('x')</script>&`;
  expect(html`<p title="${hostile}">${hostile}${html`<b>ok</b>`}</p>`.text).toBe(
    `<p title="${escapeHtml(hostile)}">${escapeHtml(hostile)}<b>ok</b></p>`,
  );
  expect(escapeHtml(hostile)).not.toMatch(/[<>"']/);
});

it('does not trust an object that only looks like markup', () => {
  const impostor = { text: '<script>' } as unknown as string;
  expect(() => html`${impostor}`.text).toThrow(TypeError);
});

it('leaves out absent values, keeps zero, joins lists', () => {
  expect(html`${false}${null}${undefined}${0}${['a', html`<i>`, ['<']]}`.text).toBe('0a<i>&lt;');
});
