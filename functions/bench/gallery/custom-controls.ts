import { kind, WORDS, type Kind } from './exercise.ts';

const list = JSON.stringify;

/** Sliders, spinners, switches and other controls that pages build themselves. */
export const CUSTOM_CONTROLS: readonly Kind[] = [
  kind('ARIA slider by keys', (random) => ({ value: random.int(1, 9) }), {
    html: () => `<div id=s role=slider tabindex=0 aria-label=Volume aria-valuemin=0 aria-valuemax=10 aria-valuenow=0 style="width:200px;height:20px;background:#ddd"></div>
      <script>let v=0;$('s').onkeydown=e=>{if(e.key==='ArrowRight')v=Math.min(10,v+1);if(e.key==='ArrowLeft')v=Math.max(0,v-1);$('s').setAttribute('aria-valuenow',v)};function solved(){return v===want.value}</script>`,
    *solve(view, want) {
      yield [
        {
          action: 'press',
          target: view.ref('Volume', 'slider'),
          keys: 'ArrowRight',
          count: want.value,
        },
      ];
    },
  }),
  kind('slider by pointer', (random) => ({ value: random.int(2, 9) * 10 }), {
    html: () => `<div style="position:relative;width:520px;height:60px"><div id=track style="position:absolute;left:10px;top:20px;width:500px;height:6px;background:#ccc"></div><div id=knob tabindex=0 aria-label=Price style="position:absolute;left:0;top:13px;width:20px;height:20px;background:navy;border-radius:10px;touch-action:none"></div>${Array.from({ length: 11 }, (_, n) => `<span class=tick style="position:absolute;top:40px;left:${n * 50}px;width:20px;text-align:center;cursor:default" tabindex=-1 role=button aria-label="at ${n * 10}">${n * 10}</span>`).join('')}</div><output id=o>0</output>
      <script>let v=0,held=false;$('knob').onpointerdown=e=>{held=true;$('knob').setPointerCapture(e.pointerId)};$('knob').onpointermove=e=>{if(!held)return;const r=$('track').getBoundingClientRect();v=Math.max(0,Math.min(100,Math.round((e.clientX-r.left)/5)));$('knob').style.left=v*5+'px';o.value=v};$('knob').onpointerup=()=>held=false;function solved(){return Math.abs(v-want.value)<=1&&!held}</script>`,
    *solve(view, want) {
      yield [{ action: 'drag', from: view.ref('Price'), to: view.ref(`at ${want.value}`) }];
    },
  }),
  kind('spinner', (random) => ({ guests: random.int(2, 8), rooms: random.int(2, 6) }), {
    html: () => `${['Guests', 'Rooms'].map((name) => `<div role=group aria-label=${name}><span>${name}</span> <button aria-label="fewer ${name}">−</button> <span role=spinbutton tabindex=0 aria-label=${name} aria-valuenow=1 id=${name}>1</span> <button aria-label="more ${name}">+</button></div>`).join('')}
      <script>const v={Guests:1,Rooms:1};const set=(n,d)=>{v[n]=Math.max(1,v[n]+d);$(n).textContent=v[n];$(n).setAttribute('aria-valuenow',v[n])};for(const n in v){document.querySelector('[aria-label="more '+n+'"]').onclick=()=>set(n,1);document.querySelector('[aria-label="fewer '+n+'"]').onclick=()=>set(n,-1);$(n).onkeydown=e=>{if(e.key==='ArrowUp')set(n,1)}}
      function solved(){return v.Guests===want.guests&&v.Rooms===want.rooms}</script>`,
    *solve(view, want) {
      yield [
        ...Array.from({ length: want.guests - 1 }, () => ({
          action: 'click',
          target: view.ref('more Guests'),
        })),
        {
          action: 'press',
          target: view.ref('Rooms', 'spinbutton'),
          keys: 'ArrowUp',
          count: want.rooms - 1,
        },
      ];
    },
  }),
  kind('switches', (random) => ({ on: random.shuffle(WORDS.slice(0, 4)).slice(0, 2).toSorted() }), {
    html: () => `${WORDS.slice(0, 4)
      .map(
        (word) =>
          `<div><span id=l-${word}>${word}</span> <div role=switch tabindex=0 aria-checked=false aria-labelledby=l-${word} style="display:inline-block;width:40px;height:20px;background:#bbb"></div></div>`,
      )
      .join('')}
      <script>document.querySelectorAll('[role=switch]').forEach(s=>s.onclick=e=>setTimeout(()=>s.setAttribute('aria-checked',s.ariaChecked!=='true'),60));
      function solved(){return same([...document.querySelectorAll('[aria-checked=true]')].map(s=>s.getAttribute('aria-labelledby').slice(2)).sort(),want.on)}</script>`,
    *solve(view, want) {
      yield want.on.map((word) => ({ action: 'check', target: view.ref(word, 'switch') }));
    },
  }),
  kind('star rating', (random) => ({ stars: random.int(1, 5) }), {
    html: () => `<style>.st{font-size:30px;cursor:pointer;display:inline-block}</style><p>Your rating</p><div id=r></div>
      <script>let n=0;for(let i=1;i<=5;i++){const s=document.createElement('span');s.className='st';s.title=i+' stars';s.textContent='☆';s.onclick=e=>{if(e.isTrusted)n=i};s.onmouseenter=()=>[...$('r').children].forEach((c,at)=>c.textContent=at<i?'★':'☆');$('r').append(s)}function solved(){return n===want.stars}</script>`,
    *solve(view, want) {
      const stars = view.units.filter((unit) => /[☆★]|stars/.test(unit.name));
      yield [{ action: 'click', target: stars[want.stars - 1]?.ref ?? view.ref('the star') }];
    },
  }),
  kind('tags', (random) => ({ words: random.shuffle(WORDS).slice(0, 3) }), {
    html: () => `<div id=chips></div><label>Add tag <input id=i></label>
      <script>let tags=['old'];const draw=()=>{$('chips').innerHTML='';tags.forEach(t=>{const c=document.createElement('span');c.style.cssText='border:1px solid;margin:4px;padding:2px';c.textContent=t;const x=document.createElement('button');x.setAttribute('aria-label','remove '+t);x.textContent='×';x.onclick=()=>{tags=tags.filter(o=>o!==t);draw()};c.append(x);$('chips').append(c)})};draw();
      $('i').onkeydown=e=>{if((e.key==='Enter'||e.key===',')&&$('i').value.trim()){e.preventDefault();tags.push($('i').value.trim());$('i').value='';draw()}};function solved(){return same(tags,want.words)&&$('i').value===''}</script>`,
    *solve(view, want) {
      yield [
        { action: 'click', target: view.ref('remove old', 'button') },
        ...want.words.flatMap((text) => [
          { action: 'type', target: view.ref('Add tag'), text, submit: true },
        ]),
      ];
    },
  }),
  kind('long press', (random) => ({ word: random.pick(WORDS.slice(0, 4)) }), {
    html: () => `${WORDS.slice(0, 4)
      .map((word) => `<button class=h data-w=${word}>Hold ${word}</button> `)
      .join('')}
      <script>let done=[],t;document.querySelectorAll('.h').forEach(b=>{b.onpointerdown=()=>t=setTimeout(()=>done.push(b.dataset.w),500);b.onpointerup=b.onpointerleave=()=>clearTimeout(t)});function solved(){return same(done,[want.word])}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref(`Hold ${want.word}`), holdMs: 700 }];
    },
  }),
  kind(
    'cell edited by a double click',
    (random) => ({ row: random.int(0, 3), text: `${random.pick(WORDS)} ${random.int(10, 99)}` }),
    {
      html: () => `<table border=1><tr><th>Item<th>Note</tr>${WORDS.slice(0, 4)
        .map((word, at) => `<tr><td>${word}<td class=c data-r=${at} tabindex=0>empty</tr>`)
        .join('')}</table>
      <script>const kept={};document.querySelectorAll('.c').forEach(c=>c.ondblclick=()=>{const i=document.createElement('input');i.setAttribute('aria-label','note');i.value=c.textContent;c.replaceChildren(i);i.focus();i.select();i.onkeydown=e=>{if(e.key==='Enter'){kept[c.dataset.r]=i.value;c.textContent=i.value}if(e.key==='Escape')c.textContent='empty'}});
      function solved(){return same(kept,{[want.row]:want.text})}</script>`,
      *solve(view, want) {
        const open = yield [
          { action: 'click', target: view.inLine(WORDS[want.row] ?? '').ref, count: 2 },
        ];
        yield [
          { action: 'type', target: open.ref('note', 'textbox'), text: want.text, submit: true },
        ];
      },
    },
  ),
  kind(
    'selection with modifiers',
    (random) => ({ from: random.int(0, 2), to: random.int(3, 5), also: random.int(6, 7) }),
    {
      html: () => `<ul id=l style="user-select:none">${Array.from({ length: 8 }, (_, at) => `<li data-a=${at} style="cursor:pointer;width:160px">Mail ${at + 1}</li>`).join('')}</ul>
      <script>let set=new Set(),last=0;document.querySelectorAll('li').forEach(li=>li.onclick=e=>{const at=+li.dataset.a;if(e.shiftKey){for(let i=Math.min(last,at);i<=Math.max(last,at);i++)set.add(i)}else if(e.ctrlKey)set.has(at)?set.delete(at):set.add(at);else set=new Set([at]);last=at});
      function solved(){const w=[];for(let i=want.from;i<=want.to;i++)w.push(i);w.push(want.also);return same([...set].sort((a,b)=>a-b),w)}</script>`,
      *solve(view, want) {
        yield [
          { action: 'click', target: view.ref(`Mail ${want.from + 1}`) },
          { action: 'click', target: view.ref(`Mail ${want.to + 1}`), modifiers: ['Shift'] },
          { action: 'click', target: view.ref(`Mail ${want.also + 1}`), modifiers: ['Control'] },
        ];
      },
    },
  ),
  kind('command palette', (random) => ({ word: random.pick(WORDS) }), {
    html: () => `<p>Press Control+K for commands.</p><div id=p role=dialog aria-label=Commands hidden><input id=q aria-label=Command></div>
      <script>let done;addEventListener('keydown',e=>{if(e.ctrlKey&&e.key.toLowerCase()==='k'){e.preventDefault();$('p').hidden=false;$('q').focus()}});$('q').onkeydown=e=>{if(e.key==='Enter'){done=${list(WORDS)}.find(w=>w.startsWith($('q').value));$('p').hidden=true}};function solved(){return done===want.word}</script>`,
    *solve(_view, want) {
      const open = yield [{ action: 'press', keys: 'Control+K' }];
      yield [
        { action: 'type', target: open.ref('Command'), text: want.word.slice(0, 4), submit: true },
      ];
    },
  }),
  kind(
    'handlers far above',
    (random) => ({ row: random.int(0, 3), icon: random.pick(['star', 'trash', 'flag']) }),
    {
      html: () => `<style>.row{display:flex;gap:8px;padding:4px}.row i{width:18px;height:18px;background:#ccc}</style><div id=mail>${Array.from({ length: 4 }, (_, at) => `<div class=row data-at=${at}><span>Message ${at + 1}</span><i class=star title=star></i><i class=trash title=trash></i><i class=flag title=flag></i></div>`).join('')}</div>
      <script>const done=[];document.addEventListener('click',e=>{if(e.target.tagName==='I')done.push([+e.target.parentElement.dataset.at,e.target.className])});function solved(){return same(done,[[want.row,want.icon]])}</script>`,
      *solve(view, want) {
        const line = view.page.lines.find(({ text }) => text.includes(`Message ${want.row + 1}`));
        const shown = line?.units.find(({ name }) => name === want.icon);
        if (shown) {
          yield [{ action: 'click', target: shown.ref }];
          return;
        }
        // Nothing tells that these icons can be used: their place does.
        const geometry = yield [{ action: 'read', as: 'geometry' }];
        const boxes = geometry.data.get(1) as {
          text?: string;
          name?: string;
          x: number;
          y: number;
          width: number;
          height: number;
        }[];
        const box = boxes.filter((each) => (each.name ?? each.text) === want.icon)[want.row];
        if (box)
          yield [
            {
              action: 'click',
              target: `@${Math.round(box.x + box.width / 2)},${Math.round(box.y + box.height / 2)}`,
            },
          ];
      },
    },
  ),
];
