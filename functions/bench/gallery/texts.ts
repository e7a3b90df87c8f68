import { kind, WORDS, type Kind } from './exercise.ts';

/** Text that is selected, copied, formatted and edited. */
export const TEXTS: readonly Kind[] = [
  kind('text selected by hand', (random) => ({ word: random.pick(WORDS.slice(2, 8)) }), {
    html: () => `<p id=p tabindex=0>We sell ${WORDS.join(', ')} and more.</p><button id=m onmousedown="event.preventDefault()">Mark it</button>
      <script>let marked,byHand=false;$('p').addEventListener('mousedown',e=>{if(e.isTrusted)byHand=true});$('m').onclick=()=>{marked=byHand&&getSelection().toString().trim()};function solved(){return marked===want.word}</script>`,
    *solve(view, want) {
      yield [
        { action: 'select_text', target: view.ref(/We sell/), text: want.word },
        { action: 'click', target: view.ref('Mark it', 'button') },
      ];
    },
  }),
  kind(
    'clipboard by keys',
    (random) => ({ code: `${random.pick(WORDS)}-${random.int(1000, 9999)}` }),
    {
      html: (
        want,
      ) => `<label>From <input id=f value="${want.code}" readonly></label><label>To <input id=t></label>
      <script>let pasted=0;$('t').onpaste=e=>{if(e.isTrusted)pasted++};function solved(){return $('t').value===want.code&&pasted===1}</script>`,
      *solve(view) {
        yield [
          { action: 'press', target: view.ref('From'), keys: 'Control+A' },
          { action: 'press', target: view.ref('From'), keys: 'Control+C' },
          { action: 'press', target: view.ref('To'), keys: 'Control+V' },
        ];
      },
    },
  ),
  kind(
    'rich text',
    (random) => ({
      text: `${random.pick(WORDS)} ${random.pick(WORDS)}`,
      bold: random.pick(['bold', 'strong']),
    }),
    {
      html: () => `<div id=e contenteditable=true role=textbox aria-label=Letter style="border:1px solid;min-height:60px">old</div>
      <script>function solved(){const b=[...$('e').querySelectorAll('b,strong')].map(x=>x.textContent.trim()).join('');return $('e').textContent.replace(/\\s+/g,' ').trim()===want.text+' '+want.bold&&b===want.bold}</script>`,
      *solve(view, want) {
        const target = view.ref('Letter');
        yield [
          { action: 'type', target, text: `${want.text} ` },
          { action: 'press', keys: 'Control+B' },
          { action: 'type', text: want.bold, clear: false },
        ];
      },
    },
  ),
  kind(
    'code editor',
    (random) => ({
      code: `function ${random.pick(WORDS)}(a) {\n  return a * ${random.int(2, 99)};\n}`,
    }),
    {
      html: () => `<div id=ed style="position:relative;font:14px monospace;border:1px solid;height:140px;cursor:text" aria-label=Code><div id=lines style="white-space:pre"></div><textarea id=ta aria-label="Code editor" autocapitalize=off spellcheck=false style="position:absolute;left:0;top:0;width:1px;height:1em;opacity:0.01;border:0;padding:0;resize:none"></textarea></div>
      <script>let text='// old',at=6,all=false;const draw=()=>{$('lines').textContent=text;const before=text.slice(0,at).split('\\n');$('ta').style.top=(before.length-1)*17+'px'};draw();
      const put=s=>{if(all){text='';at=0;all=false}text=text.slice(0,at)+s+text.slice(at);at+=s.length;draw()};
      $('ed').onmousedown=e=>{setTimeout(()=>$('ta').focus())};$('ta').oninput=()=>{const v=$('ta').value;$('ta').value='';put(v)};
      $('ta').onkeydown=e=>{if(e.ctrlKey&&e.key==='a'){all=true;e.preventDefault()}else if(e.key==='Backspace'||e.key==='Delete'){if(all){text='';at=0;all=false}else{text=text.slice(0,Math.max(0,at-1))+text.slice(at);at=Math.max(0,at-1)}draw();e.preventDefault()}else if(e.key==='Enter'){put('\\n');e.preventDefault()}};
      function solved(){return text.trimEnd()===want.code}</script>`,
      *solve(view, want) {
        const target = view.ref('Code editor');
        yield [
          { action: 'press', target, keys: 'Control+A' },
          { action: 'press', keys: 'Delete' },
          { action: 'type', target, text: want.code, clear: false },
        ];
      },
    },
  ),
  kind('masked field', (random) => ({ digits: String(random.int(1_000_000_000, 9_999_999_999)) }), {
    html: () => `<label>Phone <input id=p inputmode=tel></label>
      <script>$('p').oninput=()=>{const d=$('p').value.replace(/\\D/g,'').slice(0,10);$('p').value=[d.slice(0,3),d.slice(3,6),d.slice(6)].filter(Boolean).join('-')};function solved(){return $('p').value.replaceAll('-','')===want.digits}</script>`,
    *solve(view, want) {
      yield [{ action: 'type', target: view.ref('Phone'), text: want.digits }];
    },
  }),
  kind('code in six boxes', (random) => ({ code: String(random.int(100_000, 999_999)) }), {
    html: () => `<p>Code</p>${Array.from({ length: 6 }, (_, at) => `<input class=o maxlength=1 size=1 aria-label="digit ${at + 1}">`).join('')}
      <script>const o=[...document.querySelectorAll('.o')];o.forEach((i,at)=>{i.oninput=()=>{if(i.value)o[at+1]?.focus()};i.onkeydown=e=>{if(e.key==='Backspace'&&!i.value)o[at-1]?.focus()}});function solved(){return o.map(i=>i.value).join('')===want.code}</script>`,
    *solve(view, want) {
      yield [
        { action: 'click', target: view.ref('digit 1') },
        ...Array.from(want.code, (text, at) => ({
          action: 'type',
          target: view.ref(`digit ${at + 1}`),
          text,
        })),
      ];
    },
  }),
  kind(
    'field that a framework controls',
    (random) => ({ text: `${random.pick(WORDS)} ${random.int(1, 99)}` }),
    {
      html: () => `<label>Title <input id=t></label><p id=out></p>
      <script>let state='',tracked='';const own=Object.getOwnPropertyDescriptor(HTMLInputElement.prototype,'value');Object.defineProperty($('t'),'value',{get(){return own.get.call(this)},set(v){tracked=v;own.set.call(this,v)}});
      document.addEventListener('input',e=>{const v=own.get.call(e.target);if(v===tracked)return;tracked=v;state=v.toUpperCase();Promise.resolve().then(()=>{$('t').value=state;$('out').textContent=state})});function solved(){return state===want.text.toUpperCase()&&$('t').value===state}</script>`,
      *solve(view, want) {
        yield [{ action: 'type', target: view.ref('Title'), text: want.text }];
      },
    },
  ),
];
