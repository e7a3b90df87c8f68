import { kind, WORDS, type Kind } from './exercise.ts';

/** What is reached by scrolling only. */
export const SCROLLERS: readonly Kind[] = [
  kind('scroller inside a scroller', (random) => ({ item: random.int(60, 90) }), {
    html: () => `<div style="height:900px">Far below is the archive.</div><div id=outer style="height:300px;overflow:auto;border:1px solid"><div style="height:500px">padding</div><div id=inner style="height:200px;overflow:auto;border:1px solid">${Array.from({ length: 100 }, (_, at) => `<div style="height:30px"><button>Item ${at + 1}</button></div>`).join('')}</div><div style="height:500px">padding</div></div><div style="height:900px"></div>
      <script>const done=[];document.querySelectorAll('button').forEach(b=>b.onclick=e=>done.push(e.isTrusted&&b.textContent));function solved(){return same(done,['Item '+want.item])}</script>`,
    *solve(view, want) {
      if (view.has(`Item ${want.item}`)) {
        yield [{ action: 'click', target: view.ref(`Item ${want.item}`) }];
        return;
      }
      const found = yield [{ action: 'find', text: `Item ${want.item}`, role: 'button' }];
      const units = (found.data.get(1) as { units: string[] }).units;
      yield [
        {
          action: 'click',
          target:
            /\[(\S+) /.exec(units.find((unit) => unit.includes(`Item ${want.item}`)) ?? '')?.[1] ??
            '',
        },
      ];
    },
  }),
  kind('virtual list', (random) => ({ row: random.int(1_000, 9_000) }), {
    html: () => `<div id=v tabindex=0 aria-label=Rows style="height:400px;overflow:auto;border:1px solid"></div>
      <script>const H=28,N=10000,done=[];const draw=()=>{const first=Math.floor($('v').scrollTop/H);$('v').innerHTML='<div style="height:'+first*H+'px"></div>'+Array.from({length:Math.min(18,N-first)},(_,i)=>'<div class=r style="height:'+H+'px;cursor:pointer" data-n='+(first+i)+'>Row '+(first+i)+'</div>').join('')+'<div style="height:'+Math.max(0,N-first-18)*H+'px"></div>'};draw();$('v').onscroll=draw;$('v').addEventListener('click',e=>{if(e.target.dataset.n)done.push(+e.target.dataset.n)});function solved(){return same(done,[want.row])}</script>`,
    *solve(view, want) {
      const list = view.ref('Rows', 'scroller', 'listbox', 'focusable', 'clickable');
      const now = yield [{ action: 'scroll', target: list, dy: want.row * 28 - 56 }];
      yield [{ action: 'click', target: now.ref(`Row ${want.row}`) }];
    },
  }),
  kind('list that grows', (random) => ({ post: random.int(45, 75) }), {
    html: (_want, { here }) => `<div id=l></div><p id=more>loading more …</p>
      <script>let n=0,busy=false;const done=[];const load=async()=>{if(busy||n>=100)return;busy=true;if(n)await fetch('${here}/posts?from='+n).then(r=>r.text());for(let i=0;i<15;i++){n++;const d=document.createElement('div');d.style.height='60px';d.innerHTML='<p>Post '+n+' <button aria-label="like '+n+'">♥</button></p>';const my=n;d.querySelector('button').onclick=()=>done.push(my);$('l').append(d)}busy=false};load();new IntersectionObserver(e=>e[0].isIntersecting&&load()).observe($('more'));function solved(){return same(done,[want.post])}</script>`,
    answer: () => ({ body: 'ok', delayMs: 100 }),
    *solve(view, want) {
      let now = view;
      for (let turn = 0; turn < 12 && !now.has(`like ${want.post}`); turn += 1)
        now = yield [{ action: 'scroll', to: 'bottom' }];
      yield [{ action: 'click', target: now.ref(`like ${want.post}`) }];
    },
  }),
  kind('covered by a sticky header', (random) => ({ item: random.int(20, 40) }), {
    html: () => `<div style="position:sticky;top:0;height:200px;background:#eee;z-index:5">Header</div>${Array.from({ length: 60 }, (_, at) => `<p><a href="#" onclick="done.push(${at});return false">Link ${at}</a></p>`).join('')}<div style="position:fixed;bottom:0;left:0;right:0;height:150px;background:#eee">Cookie bar</div>
      <script>const done=[];scrollTo(0,1e6);function solved(){return same(done,[want.item])}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref(`Link ${want.item}`) }];
    },
  }),
  kind('carousel', (random) => ({ card: random.int(5, 11) }), {
    html: () => `<div id=c style="display:flex;overflow-x:auto;scroll-snap-type:x mandatory;width:420px;scroll-behavior:smooth">${Array.from({ length: 12 }, (_, at) => `<div style="flex:0 0 400px;height:120px;scroll-snap-align:start;border:1px solid"><button>Book offer ${at}</button></div>`).join('')}</div>
      <script>const done=[];document.querySelectorAll('button').forEach(b=>b.onclick=()=>done.push(b.textContent));function solved(){return same(done,['Book offer '+want.card])}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref(`Book offer ${want.card}`) }];
    },
  }),
  kind('scrolled by the wheel only', (random) => ({ word: random.pick(WORDS.slice(4)) }), {
    html: () => `<div id=w tabindex=0 aria-label=Map style="height:200px;width:300px;overflow:hidden;border:1px solid;position:relative"><div id=in style="position:absolute;top:0">${WORDS.map((word) => `<div style="height:120px"><button>Pick ${word}</button></div>`).join('')}</div></div>
      <script>let y=0;const done=[];$('w').addEventListener('wheel',e=>{if(!e.isTrusted)return;e.preventDefault();y=Math.max(-1000,Math.min(0,y-e.deltaY));$('in').style.top=y+'px'},{passive:false});document.querySelectorAll('button').forEach(b=>b.onclick=()=>done.push(b.textContent));function solved(){return y<0&&same(done,['Pick '+want.word])}</script>`,
    *solve(view, want) {
      const now = yield [
        { action: 'scroll', target: view.ref('Map'), dy: WORDS.indexOf(want.word) * 120 },
      ];
      yield [{ action: 'click', target: now.ref(`Pick ${want.word}`) }];
    },
  }),
];
