/** Where a vector aims: `url` builds an address of that target, `/…` included, under another scheme where the vector has its own. */
export interface Aim {
  url(path: string, scheme?: string): string;
  /** Host and port as in a URL. */
  readonly host: string;
}

/** A way in which a page makes a browser send something. */
export interface PageVector {
  readonly name: string;
  /** Script that aims at one target; it runs when "Fire" is clicked, and is given `aim` as `u(path, scheme)` and `h`. */
  readonly script: string;
  /** Aims at the page's own document: one target a page. */
  readonly leaves?: true;
  /** Opens a window for each target. */
  readonly opens?: true;
  /** Shows the target in place of the page where that is allowed. */
  readonly shows?: true;
  /** Something arrives where the target is allowed; else only what must never be seen at all. */
  readonly twin: boolean;
  /** No proxy is asked, so nothing can be refused there: it must simply not be seen. */
  readonly silent?: true;
}

const vector = (
  name: string,
  script: string,
  more: Partial<Pick<PageVector, 'leaves' | 'opens' | 'shows' | 'twin' | 'silent'>> = {},
): PageVector => ({ name, script, twin: true, ...more });

const element = (tag: string, attributes: string): string =>
  `document.body.append(Object.assign(document.createElement('${tag}'), ${attributes}))`;
const worker = (body: string): string =>
  `new Worker(URL.createObjectURL(new Blob([${JSON.stringify(body)}.replaceAll('URL_', u('/w')).replaceAll('WS_', u('/ws', 'ws'))])))`;
const link = (rel: string, more = ''): string =>
  `document.head.append(Object.assign(document.createElement('link'), { rel: '${rel}', href: u('/${rel}')${more} }))`;
const style = (css: string): string =>
  `document.head.append(Object.assign(document.createElement('style'), { textContent: \`${css}\` })); document.body.append('x')`;

/** What pages do, as far as Chromium lets them: each is proved able to reach its target by a control in a browser without protection. */
export const PAGE_VECTORS: readonly PageVector[] = [
  vector('image', element('img', "{ src: u('/i.png') }")),
  vector('image-set', element('img', "{ srcset: u('/i.png') + ' 1x' }")),
  vector('script', element('script', "{ src: u('/s.js') }")),
  vector('module', element('script', "{ type: 'module', src: u('/m.js') }")),
  vector('import', "import(u('/d.js')).catch(() => 0)"),
  vector('stylesheet', link('stylesheet')),
  vector('css-url', style('body { background: url(${u("/b.png")}) }')),
  vector('css-import', style('@import url(${u("/c.css")});')),
  vector(
    'font',
    style('@font-face { font-family: f; src: url(${u("/f.woff")}) } body { font-family: f }'),
  ),
  vector('iframe', element('iframe', "{ src: u('/frame') }")),
  vector('object', element('object', "{ data: u('/object'), type: 'text/html' }")),
  vector('embed', element('embed', "{ src: u('/embed'), type: 'text/html' }")),
  vector('video', element('video', "{ src: u('/v.mp4'), preload: 'auto' }")),
  vector(
    'svg-image',
    "document.body.insertAdjacentHTML('beforeend', `<svg><image href=\"${u('/svg.png')}\" width=9 height=9 /></svg>`)",
  ),
  vector('preload', link('preload', ", as: 'image'")),
  vector('prefetch', link('prefetch')),
  vector('modulepreload', link('modulepreload')),
  vector('fetch', "fetch(u('/fetch'), { mode: 'no-cors' }).catch(() => 0)"),
  vector(
    'fetch-post',
    "fetch(u('/post'), { method: 'POST', mode: 'no-cors', body: 'x' }).catch(() => 0)",
  ),
  vector('xhr', "{ const x = new XMLHttpRequest(); x.open('GET', u('/xhr')); x.send(); }"),
  vector('event-source', "new EventSource(u('/es'))"),
  vector('beacon', "navigator.sendBeacon(u('/beacon'), 'x')"),
  vector(
    'ping',
    "{ const a = Object.assign(document.createElement('a'), { href: '#p', ping: u('/ping') }); document.body.append(a); a.click(); }",
  ),
  vector(
    'form-in-frame',
    "document.body.insertAdjacentHTML('beforeend', `<iframe name=f9></iframe><form id=g9 target=f9 method=post action=\"${u('/form')}\"><input name=a value=b></form>`); document.getElementById('g9').submit()",
  ),
  vector('websocket', "new WebSocket(u('/ws', 'ws'))"),
  vector('worker-fetch', worker("fetch('URL_', { mode: 'no-cors' }).catch(() => 0)")),
  vector('worker-script', worker("try { importScripts('URL_.js') } catch {}")),
  vector('worker-websocket', worker("new WebSocket('WS_')")),
  // The product's browser has none: their requests could not be held by the wire gate.
  vector('shared-worker', "new SharedWorker('shared.js#' + u('/shared'), u('/shared'))", {
    twin: false,
    silent: true,
  }),
  vector(
    'download',
    "{ const a = Object.assign(document.createElement('a'), { href: u('/get.bin'), download: 'x.bin' }); document.body.append(a); a.click(); }",
    { shows: true },
  ),
  vector('window-open', "window.open(u('/window'))", { opens: true }),
  vector(
    'service-worker',
    "navigator.serviceWorker?.register('worker.js?' + encodeURIComponent(u('/sw'))).catch(() => 0)",
    { twin: false, silent: true },
  ),
  vector(
    'unload-beacon',
    "addEventListener('pagehide', () => navigator.sendBeacon(u('/unload'), 'x')); setTimeout(() => location.replace('after'), 50)",
    { leaves: true },
  ),
  vector('location', "location.href = u('/location')", { leaves: true }),
  vector(
    'meta-refresh',
    "document.head.insertAdjacentHTML('beforeend', `<meta http-equiv=refresh content=\"0;url=${u('/meta')}\">`)",
    { leaves: true },
  ),
  vector('redirect', "location.href = 'redirect?' + encodeURIComponent(u('/redirect'))", {
    leaves: true,
  }),
  vector(
    'redirect-307',
    "document.body.insertAdjacentHTML('beforeend', `<form id=r7 method=post action=\"redirect307?${encodeURIComponent(u('/r307'))}\"></form>`); document.getElementById('r7').submit()",
    { leaves: true },
  ),
  vector(
    'form-get',
    "document.body.insertAdjacentHTML('beforeend', `<form id=fg action=\"${u('/fg')}\"></form>`); document.getElementById('fg').submit()",
    { leaves: true },
  ),
  vector(
    'form-post',
    "document.body.insertAdjacentHTML('beforeend', `<form id=fp method=post action=\"${u('/fp')}\"><input name=a value=b></form>`); document.getElementById('fp').submit()",
    { leaves: true },
  ),
];

/** What leaves a machine beside requests: seen by nobody but the network. */
export const SILENT_VECTORS: readonly PageVector[] = [
  vector(
    'webrtc-stun',
    "{ const p = new RTCPeerConnection({ iceServers: [{ urls: `stun:${h}:3478` }] }); p.createDataChannel('x'); p.createOffer().then((o) => p.setLocalDescription(o)); }",
    { twin: false, silent: true },
  ),
  vector(
    'webrtc-turn',
    "{ const p = new RTCPeerConnection({ iceServers: [{ urls: `turn:${h}:3478?transport=udp`, username: 'a', credential: 'b' }] }); p.createDataChannel('x'); p.createOffer().then((o) => p.setLocalDescription(o)); }",
    { twin: false, silent: true },
  ),
  vector(
    'webrtc-turn-tcp',
    "{ const p = new RTCPeerConnection({ iceServers: [{ urls: `turn:${h}:3478?transport=tcp`, username: 'a', credential: 'b' }] }); p.createDataChannel('x'); p.createOffer().then((o) => p.setLocalDescription(o)); }",
    { twin: false, silent: true },
  ),
  vector('webtransport', 'new WebTransport(`https://${h}/wt`).ready.catch(() => 0)', {
    twin: false,
    silent: true,
  }),
  vector(
    'speculation-prefetch',
    "document.head.append(Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: JSON.stringify({ prefetch: [{ source: 'list', urls: [u('/spec', 'https')], eagerness: 'immediate' }] }) }))",
    { twin: false, silent: true },
  ),
  vector('dns', 'new Image().src = `http://d${Math.random().toString(36).slice(2)}.${h}/`', {
    twin: false,
    silent: true,
  }),
];

const SHARED = `onconnect = () => fetch(location.hash.slice(1), { mode: 'no-cors' }).catch(() => 0)`;
const SERVICE = `fetch(decodeURIComponent(location.search.slice(1)), { mode: 'no-cors' }).catch(() => 0); oninstall = () => skipWaiting()`;

/** A page that fires a vector at each target when "Fire" is clicked, and says "fired" when that had its time. */
export function vectorPage(vector: PageVector, aims: readonly Aim[], fireMs: number): string {
  const shots = aims.map((aim) => {
    const { host } = aim;
    const builder = `(path, scheme = 'http') => ${JSON.stringify(aim.url('PATH_', 'SCHEME_'))}.replace('SCHEME_', scheme).replace('PATH_', path)`;
    return `try { const u = ${builder}, h = ${JSON.stringify(host)}; ${vector.script} } catch (error) { console.log(error) }`;
  });
  return `<!doctype html><title>Vector</title><h1>Vector</h1><button onclick="fire()">Fire</button><p id=said></p>
<script>function fire() { setTimeout(() => { said.textContent = 'it has fired' }, ${fireMs}); ${shots.join('\n')} }</script>`;
}

type Route = (
  request: { url?: string | undefined },
  response: {
    writeHead(status: number, headers: Record<string, string>): { end(body?: string): void };
  },
) => void;

/** What such a page needs of its own site. */
export const VECTOR_ROUTES: Readonly<Record<string, Route>> = {
  '/shared.js': (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(SHARED),
  '/worker.js': (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(SERVICE),
  '/after': (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<title>After</title>it has fired'),
  '/redirect': (request, response) => redirect(302, request, response),
  '/redirect307': (request, response) => redirect(307, request, response),
};

const redirect = (
  status: number,
  request: Parameters<Route>[0],
  response: Parameters<Route>[1],
): void =>
  response
    .writeHead(status, { location: decodeURIComponent(request.url?.split('?')[1] ?? '') })
    .end();
