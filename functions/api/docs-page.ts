import { createHash } from 'node:crypto';

import type { OpenApiDocument } from './openapi.ts';

type Json = Readonly<Record<string, unknown>>;

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--ground:#fff;--card:#f6f8fa;--get:#0969da;--post:#1a7f37;--put:#9a6700;--patch:#8250df;--delete:#cf222e}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--ground:#0d1117;--card:#161b22;--get:#58a6ff;--post:#3fb950;--put:#d29922;--patch:#bc8cff;--delete:#ff7b72}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:15rem minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:1.5rem 1rem;border-right:1px solid var(--line);font-size:13.5px}
nav h2{font-size:12px;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:1.2rem 0 .3rem}
nav a{display:block;padding:.12rem .4rem;color:inherit;text-decoration:none;border-radius:4px}nav a:hover{background:var(--card)}
main{max-width:56rem;padding:2rem 2.5rem 6rem}
h1{margin:0 0 .3rem;font-size:28px}h2{margin:3rem 0 .2rem;font-size:21px}
main>p,section>p{color:var(--soft);margin:.2rem 0 1rem;max-width:46rem}
article{border:1px solid var(--line);border-radius:8px;margin:1rem 0;overflow:hidden}
article h3{margin:0;padding:.6rem .9rem;background:var(--card);border-bottom:1px solid var(--line);font:600 14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
article>div{padding:.7rem .9rem}article p{margin:.1rem 0 .6rem}
.verb{display:inline-block;min-width:4.2em;font-weight:700}.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}.delete{color:var(--delete)}
table{border-collapse:collapse;width:100%;margin:.3rem 0 .8rem;font-size:13.5px}
th{text-align:left;font-weight:600;color:var(--soft);font-size:12px;padding:.25rem .5rem .25rem 0}
td{border-top:1px solid var(--line);padding:.3rem .5rem .3rem 0;vertical-align:top;overflow-wrap:anywhere}td:first-child{white-space:nowrap;width:11rem}td.soft{white-space:nowrap;width:4.5rem}td:nth-child(3){min-width:5rem}
code{font:13px ui-monospace,monospace}.soft{color:var(--soft)}pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;overflow:auto}
@media (max-width:50rem){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1.2rem}}
`;

const escape = (text: unknown): string =>
  String(text).replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
const marked = (text: unknown): string => escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);
const nameOf = (ref: unknown): string => String(ref).split('/').at(-1) ?? '';

/** A schema in a few words: its type, or the name of the contract. */
function inWords(schema: Json): string {
  if (typeof schema['$ref'] === 'string') {
    const name = escape(nameOf(schema['$ref']));
    return `<a href="#schema-${name}">${name}</a>`;
  }
  const options = [...list(schema['anyOf']), ...list(schema['oneOf'])];
  if (options.length > 0) return options.map(inWords).join(' or ');
  if (Array.isArray(schema['enum']))
    return schema['enum'].map((value) => `<code>${escape(value)}</code>`).join(' · ');
  if (schema['const'] !== undefined) return `<code>${escape(schema['const'])}</code>`;
  if (schema['type'] === 'array') return `list of ${inWords(object(schema['items']))}`;
  if (Array.isArray(schema['type'])) return schema['type'].map(escape).join(' or ');
  return escape(schema['type'] ?? 'any');
}

function fields(schema: Json): string {
  const properties = Object.entries(object(schema['properties']));
  if (properties.length === 0) return `<p>${inWords(schema)}</p>`;
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const rows = properties.map(([name, value]) => {
    const property = object(value);
    const byDefault =
      property['default'] === undefined
        ? ''
        : ` <span class="soft">default <code>${escape(JSON.stringify(property['default']))}</code></span>`;
    const need = required.includes(name) ? '' : ' <span class="soft">optional</span>';
    const said =
      property['description'] === undefined ? '' : `<br>${marked(property['description'])}`;
    return `<tr><td><code>${escape(name)}</code>${need}</td><td>${inWords(property)}${byDefault}${said}</td></tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

function parameters(operation: Json): string {
  const rows = list(operation['parameters']).map((parameter) => {
    const need = parameter['required'] === true ? '' : ' <span class="soft">optional</span>';
    const said = parameter['description'] ?? object(parameter['schema'])['description'] ?? '';
    return `<tr><td><code>${escape(parameter['name'])}</code>${need}</td><td class="soft">${escape(parameter['in'])}</td><td>${inWords(object(parameter['schema']))}</td><td>${marked(said)}</td></tr>`;
  });
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`;
}

function contentOf(holder: Json): string {
  const [mediaType, media] = Object.entries(object(holder['content']))[0] ?? [];
  if (mediaType === undefined) return '';
  const schema = object(object(media)['schema']);
  const kind =
    mediaType === 'application/json' ? '' : ` <span class="soft">${escape(mediaType)}</span>`;
  return schema['$ref'] === undefined && schema['properties'] !== undefined
    ? `${kind}${fields(schema)}`
    : ` ${inWords(schema)}${kind}`;
}

function operationCard(path: string, method: string, operation: Json): string {
  const [what = '', ...access] = text(operation['description']).split('\n\n');
  const body = object(operation['requestBody']);
  const replies = Object.entries(object(operation['responses'])).filter(
    ([status]) => !status.endsWith('XX'),
  );
  return `<article id="${escape(operation['operationId'])}"><h3><span class="verb ${method}">${method.toUpperCase()}</span> ${escape(path)}</h3><div>
<p><b>${escape(operation['summary'])}.</b> ${marked(what)} <span class="soft">${marked(access.join(' '))}</span></p>
${parameters(operation)}${body['content'] === undefined ? '' : `<p><b>Body</b>${contentOf(body)}</p>`}
<table>${replies.map(([status, reply]) => `<tr><td><code>${escape(status)}</code></td><td>${escape(object(reply)['description'])}${contentOf(object(reply))}</td></tr>`).join('')}</table></div></article>`;
}

const EXAMPLE = `KEY="authorization: Bearer $(cat .rodex/api.key)"
curl -s localhost:8080/v1/runs -H "$KEY" -H 'content-type: application/json' -H 'idempotency-key: monday' \\
  -d '{"goal":"Go to \\"Invoices\\". Return \\"done\\".","url":"https://portal.example/"}'
curl -N localhost:8080/v1/runs/RUN/events -H "$KEY"`;

/** The document as a page that needs nothing else: no script, no font, no other host. */
export function docsPage(document: OpenApiDocument): { page: string; policy: string } {
  const { info, tags = [], paths = {}, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(object(methods)).map(([method, operation]) => ({
      path,
      method,
      operation: object(operation),
    })),
  );
  const of = (tag: string) =>
    operations.filter(({ operation }) => String(operation['tags']) === tag);
  const menu = tags.map(
    ({ name }) =>
      `<h2>${escape(name)}</h2>${of(name)
        .map(
          ({ operation }) =>
            `<a href="#${escape(operation['operationId'])}">${escape(operation['summary'])}</a>`,
        )
        .join('')}`,
  );
  const sections = tags.map(
    ({ name, description }) =>
      `<section><h2 id="tag-${escape(name)}">${escape(name)}</h2><p>${escape(description)}</p>${of(
        name,
      )
        .map(({ path, method, operation }) => operationCard(path, method, operation))
        .join('')}</section>`,
  );
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<article id="schema-${escape(name)}"><h3>${escape(name)}</h3><div>${fields(object(schema))}</div></article>`,
  );
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(info.title)} API</title><style>${STYLE}</style></head><body>
<nav><b>${escape(info.title)} API</b> <span class="soft">${escape(info.version)}</span>${menu.join('')}<h2>Contracts</h2><a href="#contracts">All schemas</a><a href="/openapi.json">openapi.json</a></nav>
<main><h1>${escape(info.title)} API</h1><p>${marked(info.description)} Send <code>Authorization: Bearer</code> with an API key or a Google ID token.</p><pre>${escape(EXAMPLE)}</pre>
${sections.join('\n')}<section><h2 id="contracts">Contracts</h2><p>What is sent and stored.</p>${schemas.join('\n')}</section></main></body></html>`;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { page, policy };
}
