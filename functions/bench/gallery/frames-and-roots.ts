import { kind, WORDS, type Answer, type Kind } from './exercise.ts';

const page = (body: string): Answer => ({
  body: `<!doctype html><meta charset="utf-8"><title>inner</title><body style="margin:4px">${body}`,
});
/** A form that tells its parent what it was given. */
const form = (label: string): string =>
  `<label>${label} <input id=i></label> <button onclick="parent.postMessage(['${label}',i.value,event.isTrusted],'*')">Send ${label}</button>`;
const hears = `<script>const got=[];addEventListener('message',e=>Array.isArray(e.data)&&got.push(e.data));</script>`;

/** Documents inside documents, and trees inside trees. */
export const FRAMES_AND_ROOTS: readonly Kind[] = [
  kind(
    'frame that is edited as a whole',
    (random) => ({ text: `Dear ${random.pick(WORDS)} ${random.int(1, 99)}` }),
    {
      html: (_want, { here }) =>
        `<p>Message</p><iframe id=m src="${here}/body" width=500 height=160></iframe><script>function solved(){return $('m').contentDocument.body.innerText.trim()===want.text&&$('m').contentWindow.trusted}</script>`,
      answer: () => ({
        body: `<!doctype html><body class=mce-content-body contenteditable aria-label="Message text"><p>your <b>text</b> here</p><p><br></p><script>var trusted=true;addEventListener('input',e=>{trusted&&=e.isTrusted})</script></body>`,
      }),
      *solve(view, want) {
        yield [{ action: 'type', target: view.ref('Message text', 'editor'), text: want.text }];
      },
    },
  ),
  kind(
    'frame of the same origin',
    (random) => ({ text: `${random.pick(WORDS)}-${random.int(1, 99)}` }),
    {
      html: (_want, { here }) =>
        `${hears}<iframe title=inner src="${here}/inner" width=500 height=120></iframe><script>function solved(){return same(got,[['City',want.text,true]])}</script>`,
      answer: () => page(form('City')),
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('City'), text: want.text },
          { action: 'click', target: view.ref('Send City') },
        ];
      },
    },
  ),
  kind(
    'frame of another origin in a frame',
    (random) => ({ text: `${random.pick(WORDS)}-${random.int(1, 99)}` }),
    {
      html: (_want, { elsewhere }) =>
        `${hears}<div style="height:500px">far below</div><iframe title=outer src="${elsewhere}/outer" width=600 height=220 style="border:9px solid;padding:7px"></iframe><script>function solved(){return same(got,[['Port',want.text,true]])}</script>`,
      answer: (_want, path, _request, { here }) =>
        path === '/outer'
          ? page(
              `<script>addEventListener('message',e=>parent.postMessage(e.data,'*'))</script><iframe title=inner src="${here}/inner" width=500 height=150></iframe>`,
            )
          : page(form('Port')),
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Port'), text: want.text },
          { action: 'click', target: view.ref('Send Port') },
        ];
      },
    },
  ),
  kind(
    'frame without an address',
    (random) => ({
      text: `${random.pick(WORDS)}-${random.int(1, 99)}`,
      choice: random.pick(['small', 'medium', 'large']),
    }),
    {
      html: () =>
        `<iframe id=f title=written width=500 height=150></iframe><script>let got;const d=$('f').contentDocument;d.open();d.write('<label>Note <input id=i></label><select id=s aria-label=Size><option>none<option>small<option>medium<option>large</select><button id=b>Keep</button>');d.close();d.getElementById('b').onclick=()=>got=[d.getElementById('i').value,d.getElementById('s').value];function solved(){return same(got,[want.text,want.choice])}</script>`,
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Note'), text: want.text },
          { action: 'select', target: view.ref('Size'), values: [want.choice] },
          { action: 'click', target: view.ref('Keep') },
        ];
      },
    },
  ),
  kind('open shadow roots', (random) => ({ text: `${random.pick(WORDS)}-${random.int(1, 99)}` }), {
    html: () =>
      `<x-outer></x-outer><script>let got;customElements.define('x-inner',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'open'});r.innerHTML='<label>Inner name <input></label><button>Save inner</button>';r.querySelector('button').onclick=e=>got=e.isTrusted&&r.querySelector('input').value}});customElements.define('x-outer',class extends HTMLElement{connectedCallback(){this.attachShadow({mode:'open'}).innerHTML='<section><x-inner></x-inner></section>'}});function solved(){return got===want.text}</script>`,
    *solve(view, want) {
      yield [
        { action: 'type', target: view.ref('Inner name'), text: want.text },
        { action: 'click', target: view.ref('Save inner') },
      ];
    },
  }),
  kind(
    'closed shadow roots',
    (random) => ({
      text: `${random.pick(WORDS)}-${random.int(1, 99)}`,
      tick: random.pick(['Fast', 'Slow']),
    }),
    {
      html: () => `<div id=h></div><div><template shadowrootmode=closed><button onclick="window.declared=(window.declared||0)+1">Declared</button></template></div>
      <script>let got;const r=$('h').attachShadow({mode:'closed'});r.innerHTML='<label>Hidden name <input></label><label><input type=radio name=x value=Fast>Fast</label><label><input type=radio name=x value=Slow>Slow</label><button>Save hidden</button>';r.querySelector('button').onclick=()=>got=[r.querySelector('input').value,r.querySelector(':checked')?.value];function solved(){return same(got,[want.text,want.tick])&&window.declared===1}</script>`,
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Hidden name'), text: want.text },
          { action: 'check', target: view.ref(want.tick, 'radio') },
          { action: 'click', target: view.ref('Save hidden') },
          { action: 'click', target: view.ref('Declared') },
        ];
      },
    },
  ),
  kind(
    'frame inside a closed root',
    (random) => ({ text: `${random.pick(WORDS)}-${random.int(1, 99)}` }),
    {
      html: (_want, { elsewhere }) =>
        `${hears}<div id=h></div><script>$('h').attachShadow({mode:'closed'}).innerHTML='<p>Pay here</p><iframe title=card src="${elsewhere}/card" width=480 height=110></iframe>';function solved(){return same(got,[['Card',want.text,true]])}</script>`,
      answer: () => page(form('Card')),
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Card'), text: want.text },
          { action: 'click', target: view.ref('Send Card') },
        ];
      },
    },
  ),
];
