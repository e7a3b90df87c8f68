import { CITIES, kind, WORDS, type Kind } from './exercise.ts';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const list = JSON.stringify;

/** Lists, menus and pickers that pages build themselves. */
export const CUSTOM_LISTS: readonly Kind[] = [
  kind('ARIA combobox', (random) => ({ city: random.pick(CITIES) }), {
    html: () => `<span id=l>Port of call</span><div id=box role=combobox tabindex=0 aria-labelledby=l aria-expanded=false aria-controls=lb style="border:1px solid;width:200px;height:24px">choose</div><div id=lb role=listbox hidden></div>
      <script>let chosen;$('box').onclick=()=>{const open=$('lb').hidden;setTimeout(()=>{$('lb').hidden=!open;$('box').setAttribute('aria-expanded',open);$('lb').innerHTML='';for(const c of ${list(CITIES)}){const o=document.createElement('div');o.role='option';o.textContent=c;o.onmousedown=e=>{chosen=e.isTrusted&&c;$('box').textContent=c;$('lb').hidden=true;$('box').setAttribute('aria-expanded',false)};$('lb').append(o)}},80)};
      function solved(){return chosen===want.city}</script>`,
    *solve(view, want) {
      yield [
        {
          action: 'select',
          target: view.ref(/Port of call/, 'combobox', 'select'),
          values: [want.city],
        },
      ];
    },
  }),
  kind('drop-down of plain boxes', (random) => ({ city: random.pick(CITIES) }), {
    html: () => `<style>.dd{width:160px;border:1px solid;padding:4px;cursor:pointer}.dd+ul{display:none;list-style:none;padding:0;margin:0;width:160px;border:1px solid;height:120px;overflow:auto}.dd.open+ul{display:block}li{cursor:pointer;padding:4px}</style>
      <div class=dd>Choose a port</div><ul>${CITIES.map((city) => `<li>${city}</li>`).join('')}</ul>
      <script>let chosen;const dd=document.querySelector('.dd');dd.addEventListener('click',()=>dd.classList.toggle('open'));document.querySelectorAll('li').forEach(li=>li.addEventListener('click',e=>{chosen=e.isTrusted&&li.textContent;dd.textContent=chosen;dd.classList.remove('open')}));
      function solved(){return chosen===want.city}</script>`,
    *solve(view, want) {
      const open = yield [{ action: 'click', target: view.ref('Choose a port') }];
      yield [{ action: 'click', target: open.ref(want.city) }];
    },
  }),
  kind(
    'ARIA listbox, several',
    (random) => ({ words: random.shuffle(WORDS.slice(0, 7)).slice(0, 2).toSorted() }),
    {
      html: () => `<div role=listbox aria-label=Stones aria-multiselectable=true tabindex=0>${WORDS.slice(
        0,
        7,
      )
        .map((word) => `<div role=option aria-selected=false>${word}</div>`)
        .join('')}</div>
      <script>document.querySelectorAll('[role=option]').forEach(o=>o.onclick=e=>{if(e.isTrusted)o.setAttribute('aria-selected',o.ariaSelected!=='true')});
      function solved(){return same([...document.querySelectorAll('[aria-selected=true]')].map(o=>o.textContent).sort(),want.words)}</script>`,
      *solve(view, want) {
        yield [{ action: 'select', target: view.ref('Stones', 'listbox'), values: want.words }];
      },
    },
  ),
  kind('date picker', (random) => ({ month: random.int(0, 11), day: random.int(1, 28) }), {
    html: () => `<label>Departure <input id=d readonly placeholder="choose a day"></label><div id=cal hidden style="width:260px;border:1px solid"><button id=prev aria-label="Previous month">‹</button> <b id=head></b> <button id=next aria-label="Next month">›</button><table role=grid><tbody id=days></tbody></table></div>
      <script>const M=${list(MONTHS)};let at=new Date(2026,6,1),chosen;
      const draw=()=>{$('head').textContent=M[at.getMonth()]+' '+at.getFullYear();const first=(at.getDay()+6)%7,n=new Date(at.getFullYear(),at.getMonth()+1,0).getDate();let h='<tr>';for(let i=0;i<first;i++)h+='<td></td>';for(let d=1;d<=n;d++){h+='<td><span class=day style="cursor:pointer;display:block;width:28px" data-d='+d+'>'+d+'</span></td>';if((first+d)%7===0)h+='</tr><tr>'}$('days').innerHTML=h+'</tr>'};draw();
      $('d').onclick=()=>{$('cal').hidden=false};$('prev').onclick=()=>{at.setMonth(at.getMonth()-1);draw()};$('next').onclick=()=>{at.setMonth(at.getMonth()+1);draw()};
      $('days').addEventListener('click',e=>{const d=e.target.dataset.d;if(d){chosen=[at.getFullYear(),at.getMonth(),+d];$('d').value=d+' '+M[at.getMonth()];$('cal').hidden=true}});
      function solved(){return same(chosen,[2026,want.month,want.day])}</script>`,
    *solve(view, want) {
      let now = yield [{ action: 'click', target: view.ref(/Departure/) }];
      const away = want.month - MONTHS.indexOf(now.match(/([A-Z]\w+) 2026/));
      if (away !== 0)
        now = yield [
          {
            action: 'click',
            target: now.ref(away > 0 ? 'Next month' : 'Previous month'),
            count: 1,
          },
          ...Array.from({ length: Math.abs(away) - 1 }, () => ({
            action: 'click',
            target: now.ref(away > 0 ? 'Next month' : 'Previous month'),
          })),
        ];
      yield [{ action: 'click', target: now.ref(String(want.day)) }];
    },
  }),
  kind(
    'autocomplete',
    (random) => ({
      city: random.pick(CITIES),
      suffix: random.pick(['Old Town', 'Harbour', 'Central']),
    }),
    {
      html: (
        _want,
        { here },
      ) => `<label>Station <input id=s autocomplete=off role=combobox aria-autocomplete=list aria-expanded=false></label><ul id=sug role=listbox></ul>
      <script>let chosen,n=0;$('s').addEventListener('input',async()=>{const my=++n,t=$('s').value;chosen=undefined;if(t.length<3){$('sug').innerHTML='';return}const r=await fetch('${here}/stations?q='+encodeURIComponent(t));const l=await r.json();if(my!==n)return;$('s').setAttribute('aria-expanded',true);$('sug').innerHTML='';for(const c of l){const o=document.createElement('li');o.role='option';o.textContent=c;o.onclick=()=>{chosen=c;$('s').value=c;$('sug').innerHTML='';$('s').setAttribute('aria-expanded',false)};$('sug').append(o)}});
      function solved(){return chosen===want.city+' '+want.suffix}</script>`,
      answer: (_want, path) => {
        const q = decodeURIComponent(/\?q=(.*)$/.exec(path)?.[1] ?? '').toLowerCase();
        const all = CITIES.flatMap((city) =>
          ['Central', 'Harbour', 'Old Town'].map((suffix) => `${city} ${suffix}`),
        );
        return {
          headers: { 'content-type': 'application/json' },
          body: list(all.filter((each) => each.toLowerCase().startsWith(q))),
          delayMs: 120,
        };
      },
      *solve(view, want) {
        const shown = yield [
          { action: 'type', target: view.ref('Station'), text: want.city.slice(0, 4) },
        ];
        yield [{ action: 'click', target: shown.ref(`${want.city} ${want.suffix}`, 'option') }];
      },
    },
  ),
  kind('tree', (random) => ({ path: [random.int(0, 2), random.int(0, 2), random.int(0, 2)] }), {
    html: () => `<ul role=tree aria-label=Archive id=t></ul>
      <script>let chosen;const make=(p)=>{const li=document.createElement('li');li.role='treeitem';const s=document.createElement('span');s.textContent='Box '+p.map(n=>n+1).join('.');li.append(s);
      if(p.length<3){li.setAttribute('aria-expanded',false);const ul=document.createElement('ul');ul.role='group';ul.hidden=true;for(let i=0;i<3;i++)ul.append(make([...p,i]));li.append(ul);s.onclick=()=>{ul.hidden=!ul.hidden;li.setAttribute('aria-expanded',!ul.hidden)}}else s.onclick=()=>{document.querySelectorAll('[aria-selected]').forEach(e=>e.removeAttribute('aria-selected'));li.setAttribute('aria-selected',true);chosen=p};s.style.cursor='pointer';return li};
      for(let i=0;i<3;i++)$('t').append(make([i]));function solved(){return same(chosen,want.path)}</script>`,
    *solve(view, want) {
      let now = view;
      for (let depth = 1; depth <= 3; depth += 1)
        now = yield [
          {
            action: 'click',
            target: now.ref(
              `Box ${want.path
                .slice(0, depth)
                .map((n) => n + 1)
                .join('.')}`,
            ),
          },
        ];
    },
  }),
  kind(
    'menus that open on hover',
    (random) => ({ first: random.int(1, 3), second: random.int(1, 3) }),
    {
      html: () => `<style>.m{display:inline-block;position:relative;padding:8px;border:1px solid}.m>ul{display:none;position:absolute;left:0;top:100%;margin:0;padding:0;list-style:none;background:#fff;border:1px solid;width:140px;z-index:2}.m:hover>ul{display:block}.m ul li{padding:6px;position:relative}.m li>ul{display:none;position:absolute;left:100%;top:0;margin:0;padding:0;list-style:none;background:#fff;border:1px solid;width:140px}.m li:hover>ul{display:block}</style>
      <div class=m>Tools<ul>${[1, 2, 3].map((a) => `<li>Group ${a}<ul>${[1, 2, 3].map((b) => `<li><a href="#" onclick="done=[${a},${b}];return false">Tool ${a}.${b}</a></li>`).join('')}</ul></li>`).join('')}</ul></div>
      <script>let done;function solved(){return same(done,[want.first,want.second])}</script>`,
      *solve(view, want) {
        const top = yield [{ action: 'hover', target: view.ref(/Tools/) }];
        const group = yield [
          { action: 'hover', target: top.ref(new RegExp(`Group ${want.first}`)) },
        ];
        yield [{ action: 'click', target: group.ref(`Tool ${want.first}.${want.second}`) }];
      },
    },
  ),
  kind(
    'context menu',
    (random) => ({
      row: random.pick(WORDS.slice(0, 4)),
      verb: random.pick(['Rename', 'Archive', 'Share']),
    }),
    {
      html: () => `<ul id=rows>${WORDS.slice(0, 4)
        .map((word) => `<li tabindex=0 style="width:160px">${word}</li>`)
        .join(
          '',
        )}</ul><div id=menu role=menu hidden style="position:fixed;background:#fff;border:1px solid"></div>
      <script>let done;document.querySelectorAll('li').forEach(li=>li.oncontextmenu=e=>{e.preventDefault();$('menu').hidden=false;$('menu').style.left=e.clientX+'px';$('menu').style.top=e.clientY+'px';$('menu').innerHTML='';for(const v of ['Rename','Archive','Share']){const m=document.createElement('div');m.role='menuitem';m.textContent=v;m.onclick=()=>{done=[li.textContent,v];$('menu').hidden=true};$('menu').append(m)}});
      function solved(){return same(done,[want.row,want.verb])}</script>`,
      *solve(view, want) {
        const open = yield [{ action: 'click', target: view.ref(want.row), button: 'right' }];
        yield [{ action: 'click', target: open.ref(want.verb, 'menuitem') }];
      },
    },
  ),
  kind('menu by keys', (random) => ({ at: random.int(1, 4) }), {
    html: () => `<button id=b aria-haspopup=menu aria-expanded=false>Actions</button><div id=m role=menu hidden>${WORDS.slice(
      0,
      5,
    )
      .map((word) => `<div role=menuitem tabindex=-1>${word}</div>`)
      .join('')}</div>
      <script>let done,at=-1;const items=[...document.querySelectorAll('[role=menuitem]')];$('b').onkeydown=e=>{if(e.key==='ArrowDown'){$('m').hidden=false;$('b').setAttribute('aria-expanded',true);at=0;items[0].focus();e.preventDefault()}};
      $('m').onkeydown=e=>{if(e.key==='ArrowDown'){at=(at+1)%5;items[at].focus();e.preventDefault()}if(e.key==='Enter'){done=items[at].textContent;$('m').hidden=true}};function solved(){return done===${list(WORDS)}[want.at]}</script>`,
    *solve(view, want) {
      const open = yield [
        { action: 'press', target: view.ref('Actions', 'button'), keys: 'ArrowDown' },
      ];
      open.ref(WORDS[want.at] ?? '', 'menuitem');
      yield [
        { action: 'press', keys: 'ArrowDown', count: want.at },
        { action: 'press', keys: 'Enter' },
      ];
    },
  }),
  kind(
    'tabs',
    (random) => ({
      tab: random.pick(['Billing', 'Members', 'Limits']),
      value: String(random.int(100, 999)),
    }),
    {
      html: () => `<div role=tablist>${['General', 'Billing', 'Members', 'Limits'].map((name, at) => `<button role=tab aria-selected=${at === 0} data-n=${name}>${name}</button>`).join('')}</div>${['General', 'Billing', 'Members', 'Limits'].map((name, at) => `<div role=tabpanel id=${name} ${at ? 'hidden' : ''}><label>${name} code <input></label><button>Keep</button></div>`).join('')}
      <script>let kept;document.querySelectorAll('[role=tab]').forEach(t=>t.onclick=()=>{document.querySelectorAll('[role=tab]').forEach(o=>{o.setAttribute('aria-selected',o===t);$(o.dataset.n).hidden=o!==t})});document.querySelectorAll('[role=tabpanel] button').forEach(b=>b.onclick=()=>kept=[b.parentElement.id,b.parentElement.querySelector('input').value]);
      function solved(){return same(kept,[want.tab,want.value])}</script>`,
      *solve(view, want) {
        const open = yield [{ action: 'click', target: view.ref(want.tab, 'tab') }];
        yield [
          { action: 'type', target: open.ref(`${want.tab} code`), text: want.value },
          { action: 'click', target: open.ref('Keep', 'button') },
        ];
      },
    },
  ),
];
