import { kind, WORDS, type Kind } from './exercise.ts';

const list = JSON.stringify;
const euros = (cents: number): string => `${(cents / 100).toFixed(2).replace('.', ',')} €`;

/** Pages that change while they are used, and tables. */
export const LATE_AND_MOVING: readonly Kind[] = [
  kind('element that comes late', (random) => ({ word: random.pick(WORDS) }), {
    html: () =>
      `<button id=b>Search</button><div id=r></div><script>let got;$('b').onclick=()=>{$('r').textContent='searching';setTimeout(()=>{$('r').innerHTML='<p>Results</p>'+${list(WORDS)}.map(w=>'<button onclick="got=\\''+w+'\\'">'+w+'</button>').join('')},1200)};function solved(){return got===want.word}</script>`,
    *solve(view, want) {
      const late = yield [
        { action: 'click', target: view.ref('Search') },
        { action: 'wait', text: 'Results' },
      ];
      yield [{ action: 'click', target: late.ref(want.word, 'button') }];
    },
  }),
  kind('element that moves', (random) => ({ at: random.int(1, 3) }), {
    html: () =>
      `<style>@keyframes m{from{translate:0}to{translate:300px}}.x{animation:m 1.2s ease-out forwards;display:block;margin:8px}</style>${[1, 2, 3].map((n) => `<button class=x onclick="got.push([${n},event.isTrusted])">Moving ${n}</button>`).join('')}<script>const got=[];function solved(){return same(got,[[want.at,true]])}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref(`Moving ${want.at}`) }];
    },
  }),
  kind('cover that goes away', (random) => ({ word: random.pick(WORDS.slice(0, 3)) }), {
    html: () =>
      `${WORDS.slice(0, 3)
        .map((word) => `<button onclick="got.push('${word}')">Open ${word}</button> `)
        .join(
          '',
        )}<div id=c style="position:fixed;inset:0;background:#fffa">loading</div><script>const got=[];setTimeout(()=>$('c').remove(),900);function solved(){return same(got,[want.word])}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref(`Open ${want.word}`) }];
    },
  }),
  kind('button that is enabled late', (random) => ({ word: random.pick(WORDS) }), {
    html: () =>
      `<label>Name <input id=n></label><button id=b disabled>Create</button><script>let got,t;$('n').oninput=()=>{clearTimeout(t);t=setTimeout(()=>$('b').disabled=false,600)};$('b').onclick=()=>got=$('n').value;function solved(){return got===want.word}</script>`,
    *solve(view, want) {
      yield [
        { action: 'type', target: view.ref('Name'), text: want.word },
        { action: 'click', target: view.ref('Create') },
      ];
    },
  }),
  kind('list drawn anew', (random) => ({ name: random.pick(WORDS.slice(0, 5)) }), {
    html: () =>
      `<button id=s>Sort</button><ul id=l></ul><script>let names=${list(WORDS.slice(0, 5))};const done=[];const draw=()=>{$('l').innerHTML='';for(const n of names){const li=document.createElement('li');li.innerHTML='<span>'+n+'</span> <button>Remove</button>';li.lastChild.onclick=()=>done.push(n);$('l').append(li)}};draw();$('s').onclick=()=>{names=names.reverse();draw()};function solved(){return same(done,[want.name])&&names[0]===${list(WORDS[4])}}</script>`,
    *solve(view, want) {
      const target = view.inLine(want.name, 'button').ref;
      // The row that was seen is gone by the time of the second step: it must be found stale, not be taken for another.
      const now = yield [
        { action: 'click', target: view.ref('Sort') },
        { action: 'click', target },
      ];
      yield [{ action: 'click', target: now.inLine(want.name, 'button').ref }];
    },
  }),
  kind('number to wait for', (random) => ({ level: random.int(20, 60) }), {
    html: () =>
      `<p>Level <output id=o tabindex=0 aria-label=Level>0</output></p><button id=b>Stop</button><script>let v=0,got;const t=setInterval(()=>{v++;$('o').textContent=v;if(v>=99)clearInterval(t)},40);$('b').onclick=()=>{got=v;clearInterval(t)};function solved(){return got>=want.level&&got<=want.level+25}</script>`,
    *solve(view, want) {
      yield [
        { action: 'wait', target: view.ref(/Level/), compare: '>=', number: want.level },
        { action: 'click', target: view.ref('Stop') },
      ];
    },
  }),
  kind(
    'pages without documents',
    (random) => ({ name: random.pick(['Orders', 'Stock', 'People']) }),
    {
      html: (_want, { here }) =>
        `<nav>${['Orders', 'Stock', 'People'].map((name) => `<a href="${here}/${name}" onclick="go(this);return false">${name}</a> `).join('')}</nav><main id=m>Home</main><script>let got;async function go(a){history.pushState({},'',a.href);$('m').textContent='…';const t=await fetch(a.href+'?part').then(r=>r.text());$('m').innerHTML=t}function solved(){return got===want.name&&location.pathname.endsWith(want.name)}</script>`,
      answer: (_want, path) => ({
        body: `<h2>${path.slice(1, -5)}</h2><button onclick="got='${path.slice(1, -5)}'">New in ${path.slice(1, -5)}</button>`,
        delayMs: 250,
      }),
      *solve(view, want) {
        const there = yield [{ action: 'click', target: view.ref(want.name, 'link') }];
        yield [{ action: 'click', target: there.ref(`New in ${want.name}`) }];
      },
    },
  ),
  kind('actions shown on hover', (random) => ({ row: random.pick(WORDS.slice(0, 5)) }), {
    html: () =>
      `<style>.r{padding:6px;width:300px}.r button{visibility:hidden}.r:hover button{visibility:visible}</style>${WORDS.slice(
        0,
        5,
      )
        .map(
          (word) =>
            `<div class=r>file ${word} <button onclick="got.push('${word}')">Erase ${word}</button></div>`,
        )
        .join('')}<script>const got=[];function solved(){return same(got,[want.row])}</script>`,
    *solve(view, want) {
      const shown = yield [{ action: 'hover', target: view.ref(new RegExp(`file ${want.row}`)) }];
      yield [{ action: 'click', target: shown.ref(`Erase ${want.row}`) }];
    },
  }),
  kind(
    'table over pages',
    (random) => ({ amounts: Array.from({ length: 24 }, () => random.int(100, 99_999)) }),
    {
      html: (
        want,
      ) => `<table border=1><thead><tr><th>Order<th>Amount</tr></thead><tbody id=b></tbody></table><button id=n>Next page</button><label>Order with the largest amount <input id=i></label>
      <script>let p=0;const eur=${euros.toString().replace('(cents)', '(cents)')};const rows=${list(want.amounts)}.map((a,at)=>['PO-'+(at+1),a]);const draw=()=>{$('b').innerHTML=rows.slice(p*8,p*8+8).map(([o,a])=>'<tr><td>'+o+'<td>'+eur(a)+'</tr>').join('');$('n').disabled=p===2};draw();$('n').onclick=()=>{p++;draw()};function solved(){return $('i').value==='PO-'+(want.amounts.indexOf(Math.max(...want.amounts))+1)}</script>`,
      *solve(view) {
        const fields = [
          { name: 'order', header: 'Order' },
          { name: 'amount', header: 'Amount', type: 'cents' },
        ];
        const got = yield [
          {
            action: 'extract',
            fields,
            next: view.ref('Next page'),
            maxPages: 5,
            keepField: 'amount',
            keepOp: 'largest',
          },
        ];
        const [row] = got.data.get(1) as readonly { order: string }[];
        yield [{ action: 'type', target: got.ref(/largest amount/), text: row?.order ?? '' }];
      },
    },
  ),
];
