import type { Theme } from './theme.ts';

/** Class names and the accent come from the variant; the rest is shared. */
export function stylesheet({ css, accent }: Theme): string {
  const c = (name: string): string => `.${css(name)}`;
  return `
:root { --accent: ${accent}; --ink: #1f2933; --quiet: #5f6c7b; --line: #dde3ea; --back: #f5f7f9; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; font: 15px/1.5 system-ui, "Liberation Sans", sans-serif; color: var(--ink); background: var(--back); }
a { color: var(--accent); }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 16px; font-weight: 600; }
h2 { font-size: 16px; margin: 0 0 12px; font-weight: 600; }
ul { padding-left: 20px; margin: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
${c('header')} { display: flex; flex-wrap: wrap; gap: 8px 28px; align-items: center; padding: 12px 24px; background: #fff; border-bottom: 1px solid var(--line); }
${c('brand')} { font-weight: 700; font-size: 17px; text-decoration: none; color: var(--accent); }
${c('nav')} ul { display: flex; gap: 4px; list-style: none; padding: 0; }
${c('nav')} a { display: block; padding: 6px 12px; border-radius: 6px; text-decoration: none; color: var(--ink); }
${c('nav')} a:hover { background: var(--back); }
${c('nav')} a[aria-current] { background: color-mix(in srgb, var(--accent) 12%, #fff); color: var(--accent); font-weight: 600; }
${c('account')} { margin-left: auto; color: var(--quiet); }
${c('main')} { max-width: 1040px; margin: 0 auto; padding: 28px 24px 64px; }
${c('side')} { display: grid; grid-template-columns: 230px minmax(0, 1fr); min-height: 100vh; }
${c('side')} ${c('header')} { flex-direction: column; flex-wrap: nowrap; align-items: stretch; border-bottom: 0; border-right: 1px solid var(--line); padding: 24px 16px; }
${c('side')} ${c('nav')} ul { flex-direction: column; }
${c('side')} ${c('account')} { margin: auto 0 0; }
${c('side')} ${c('main')} { margin: 0; width: 100%; padding: 32px 40px 64px; }
${c('grid')} { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 20px; align-items: start; }
${c('card')} { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 20px; }
${c('narrow')} { max-width: 400px; margin: 48px auto; }
${c('stack')} { max-width: 620px; }
${c('pair')} { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
${c('quiet')} { color: var(--quiet); margin: -8px 0 20px; }
${c('card')} ${c('quiet')} { margin: 0; }
${c('field')} { margin-bottom: 16px; position: relative; }
label, ${c('label')} { display: block; font-weight: 600; font-size: 13px; margin-bottom: 4px; }
input:not([type=checkbox], [type=range], [type=file], [type=hidden]), select, ${c('editor')}, ${c('combo')} > button { font: inherit; width: 100%; min-height: 38px; padding: 7px 10px; border: 1px solid #b9c3ce; border-radius: 6px; background: #fff; color: inherit; text-align: left; }
input[type=range] { width: calc(100% - 48px); vertical-align: middle; accent-color: var(--accent); }
[aria-invalid] { border-color: #b42318 !important; }
${c('check')} label { display: inline; font-weight: 400; font-size: inherit; }
${c('error')} { color: #b42318; margin: 4px 0 0; font-size: 13px; }
button { font: inherit; padding: 6px 12px; border: 1px solid #b9c3ce; border-radius: 6px; background: #fff; color: var(--ink); cursor: pointer; }
input + button { margin-top: 10px; }
li > button { margin: 2px 0 8px; }
button:hover { background: var(--back); }
${c('primary')} { display: inline-block; padding: 8px 18px; border: 1px solid var(--accent); border-radius: 6px; background: var(--accent); color: #fff; font-weight: 600; text-decoration: none; }
button${c('primary')}:hover { background: color-mix(in srgb, var(--accent) 88%, #000); }
${c('secondary')} { display: inline-block; padding: 8px 18px; border: 1px solid #b9c3ce; border-radius: 6px; background: #fff; color: var(--ink); font-weight: 600; text-decoration: none; }
${c('plain')} { border: 0; background: none; color: var(--accent); text-decoration: underline; padding: 2px 4px; }
${c('actions')} { display: flex; gap: 14px; align-items: center; margin: 4px 0 20px; }
${c('notice')}, ${c('problem')} { padding: 12px 16px; border-radius: 8px; margin: 0 0 20px; background: #e8f5ec; border: 1px solid #b5dcc1; color: #14532d; }
${c('problem')} { background: #fdf0ee; border-color: #f1c3bc; color: #7a1d12; }
${c('problem')} a { color: inherit; }
${c('filters')} { display: flex; flex-wrap: wrap; gap: 0 16px; align-items: end; margin-bottom: 8px; }
${c('filters')} ${c('field')} { width: 200px; }
${c('filters')} ${c('actions')} { margin-bottom: 16px; }
${c('table')} { width: 100%; border-collapse: separate; border-spacing: 0; background: #fff; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
${c('table')} caption { text-align: left; color: var(--quiet); padding-bottom: 8px; font-size: 13px; }
${c('table')} th, ${c('table')} td { padding: 10px 16px; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
${c('table')} thead th { background: #f0f3f6; font-size: 13px; }
${c('table')} thead a { color: inherit; text-decoration: none; }
${c('table')} thead a:hover { text-decoration: underline; }
${c('table')} tbody tr:hover { background: #fafbfc; }
${c('table')} > :last-child tr:last-child > * { border-bottom: 0; }
th[aria-sort=ascending] a::after { content: " ▲" / ""; font-size: 10px; }
th[aria-sort=descending] a::after { content: " ▼" / ""; font-size: 10px; }
${c('table')} ${c('number')} { text-align: right; font-variant-numeric: tabular-nums; }
${c('state')} { padding: 2px 10px; border-radius: 99px; font-size: 13px; background: #eaf1fb; color: #1d4f91; }
${c('state-paid')} { background: #e8f5ec; color: #14532d; }
${c('state-overdue')} { background: #fdf0ee; color: #8f2316; }
${c('pager')} { display: flex; gap: 16px; justify-content: center; padding: 16px; color: var(--quiet); }
${c('facts')} { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 16px; margin: 0 0 20px; }
${c('facts')} dt { color: var(--quiet); font-size: 13px; }
${c('facts')} dd { margin: 0; overflow-wrap: anywhere; }
${c('tile')} { padding: 10px 12px; margin-bottom: 8px; border: 1px solid var(--line); border-radius: 8px; background: var(--back); cursor: default; }
${c('pointer')} { cursor: pointer; }
${c('combo')} > button::after { content: "▾" / ""; float: right; color: var(--quiet); }
[role=listbox] { position: absolute; z-index: 2; left: 0; right: 0; margin: 4px 0 0; padding: 4px; list-style: none; background: #fff; border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 8px 24px #1f293322; max-height: 240px; overflow: auto; }
[role=option] { padding: 6px 10px; border-radius: 5px; cursor: default; }
[role=option][data-active], [role=option]:hover { background: var(--back); }
[role=option][aria-selected=true] { font-weight: 600; color: var(--accent); }
${c('date')} { display: flex; gap: 4px; }
${c('date')} > button { margin: 0; }
${c('date')} [role=dialog] { position: absolute; z-index: 2; top: 100%; left: 0; margin-top: 4px; padding: 10px; background: #fff; border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 8px 24px #1f293322; }
${c('date')} [role=dialog] > div { display: flex; justify-content: space-between; align-items: center; margin-bottom: 6px; }
${c('date')} [role=grid] button { width: 34px; padding: 4px 0; border-color: transparent; text-align: center; }
${c('dialog')} { width: 440px; max-width: calc(100vw - 32px); padding: 24px; border: 0; border-radius: 12px; background: #fff; box-shadow: 0 20px 60px #0005; }
${c('dialog')}::backdrop, ${c('veil')} { background: #1f293380; }
${c('dialog')} ${c('actions')} { margin: 20px 0 0; }
${c('veil')} { position: fixed; inset: 0; display: grid; place-items: center; }
${c('pay')} { width: 100%; max-width: 460px; height: 470px; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
${c('toolbar')} { display: flex; gap: 24px; align-items: center; margin-bottom: 20px; }
${c('menu')} { position: relative; padding: 6px 12px; border: 1px solid #b9c3ce; border-radius: 6px; background: #fff; }
${c('menu')} ul { display: none; position: absolute; z-index: 2; top: 100%; left: 0; list-style: none; padding: 4px; background: #fff; border: 1px solid var(--line); border-radius: 8px; white-space: nowrap; }
${c('menu')}:hover ul, ${c('menu')}:focus-within ul { display: block; }
${c('menu')} li { padding: 6px 12px; cursor: pointer; }
${c('menu')} li:hover { background: var(--back); }
${c('editor')} { min-height: 90px; white-space: pre-wrap; }
${c('scroller')} { height: 200px; overflow: auto; padding: 8px 12px; border: 1px solid var(--line); border-radius: 6px; }
${c('scroller')} ${c('scroller')} { height: 150px; background: var(--back); font-size: 13px; }
@media (max-width: 720px) { ${c('side')} { display: block; } ${c('table')} { display: block; overflow-x: auto; } }
`.trimStart();
}
