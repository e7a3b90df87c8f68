import { kind, WORDS, type Kind } from './exercise.ts';

const list = JSON.stringify;

const COLOURS: Readonly<Record<string, string>> = {
  red: 'rgb(255, 0, 0)',
  green: 'rgb(0, 128, 0)',
  blue: 'rgb(0, 0, 255)',
  orange: 'rgb(255, 165, 0)',
};

interface Box {
  readonly name?: string;
  readonly tag?: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill?: string;
}

/** A number that text after a word says, such as `at 120, 80`. */
const pair = (text: string, pattern: RegExp): [number, number] => {
  const found = pattern.exec(text);
  return [Number(found?.[1]), Number(found?.[2])];
};

/** Drags, and what is drawn rather than built of elements. */
export const DRAGS_AND_DRAWINGS: readonly Kind[] = [
  kind(
    'drag and drop of HTML5',
    (random) => ({ card: random.pick(WORDS.slice(0, 4)), bin: random.pick(['Done', 'Later']) }),
    {
      html: () => `${WORDS.slice(0, 4)
        .map(
          (word) =>
            `<div draggable=true data-w=${word} style="border:1px solid;width:120px;padding:4px">${word}</div>`,
        )
        .join(
          '',
        )}${['Done', 'Later'].map((bin) => `<div class=bin data-b=${bin} style="display:inline-block;width:180px;height:90px;border:2px dashed" aria-label=${bin} tabindex=0>${bin}</div>`).join(' ')}
      <script>const done=[];document.querySelectorAll('[draggable]').forEach(c=>{c.ondragstart=e=>{e.dataTransfer.setData('text/plain',c.dataset.w);e.dataTransfer.effectAllowed='move'}});document.querySelectorAll('.bin').forEach(b=>{b.ondragover=e=>{e.preventDefault();e.dataTransfer.dropEffect='move'};b.ondrop=e=>{e.preventDefault();done.push([e.dataTransfer.getData('text/plain'),b.dataset.b])}});function solved(){return same(done,[[want.card,want.bin]])}</script>`,
      *solve(view, want) {
        yield [{ action: 'drag', from: view.ref(want.card), to: view.ref(want.bin) }];
      },
    },
  ),
  kind('drag by pointer events', (random) => ({ card: random.int(0, 2), zone: random.int(0, 2) }), {
    html: () => `<div style="position:relative;height:260px">${[0, 1, 2].map((at) => `<div class=card data-a=${at} style="position:absolute;left:${at * 110}px;top:0;width:90px;height:40px;background:#cde;touch-action:none;cursor:grab;user-select:none">Card ${at + 1}</div><div class=zone data-z=${at} style="position:absolute;left:${at * 160}px;top:150px;width:140px;height:90px;border:2px dashed" tabindex=0 aria-label="Zone ${at + 1}">Zone ${at + 1}</div>`).join('')}</div>
      <script>const done=[];document.querySelectorAll('.card').forEach(c=>{let from,moved=0;c.onpointerdown=e=>{from=[e.clientX,e.clientY];moved=0;c.setPointerCapture(e.pointerId)};c.onpointermove=e=>{if(!from)return;moved=Math.max(moved,Math.hypot(e.clientX-from[0],e.clientY-from[1]));if(moved<8)return;c.style.translate=(e.clientX-from[0])+'px '+(e.clientY-from[1])+'px'};c.onpointerup=e=>{from=undefined;if(moved<8)return;const z=[...document.querySelectorAll('.zone')].find(z=>{const r=z.getBoundingClientRect();return e.clientX>=r.left&&e.clientX<=r.right&&e.clientY>=r.top&&e.clientY<=r.bottom});if(z)done.push([+c.dataset.a,+z.dataset.z])}});function solved(){return same(done,[[want.card,want.zone]])}</script>`,
    *solve(view, want) {
      yield [
        {
          action: 'drag',
          from: view.ref(`Card ${want.card + 1}`),
          to: view.ref(`Zone ${want.zone + 1}`),
        },
      ];
    },
  }),
  kind('list sorted by mouse', (random) => ({ from: random.int(2, 4), to: random.int(0, 1) }), {
    html: () => `<ul id=l style="list-style:none;padding:0;width:200px;user-select:none">${WORDS.slice(
      0,
      5,
    )
      .map(
        (word) =>
          `<li data-w=${word} style="height:32px;border:1px solid;cursor:move">${word}</li>`,
      )
      .join('')}</ul>
      <script>let held;$('l').addEventListener('mousedown',e=>{held=e.target.closest('li');e.preventDefault()});addEventListener('mousemove',e=>{if(!held||!e.buttons)return;const over=document.elementFromPoint(e.clientX,e.clientY)?.closest('li');if(!over||over===held)return;const r=over.getBoundingClientRect();over.parentElement.insertBefore(held,e.clientY<r.top+r.height/2?over:over.nextSibling)});addEventListener('mouseup',()=>held=undefined);
      function solved(){const o=${list(WORDS.slice(0, 5))};const [x]=o.splice(want.from,1);o.splice(want.to,0,x);return same([...document.querySelectorAll('li')].map(l=>l.dataset.w),o)}</script>`,
    *solve(view, want) {
      const box = (yield [
        { action: 'read', as: 'geometry', target: view.ref(WORDS[want.to] ?? '') },
      ]).data.get(1) as readonly Box[];
      const to = box[0];
      if (!to) return;
      yield [
        {
          action: 'drag',
          from: view.ref(WORDS[want.from] ?? ''),
          to: `@${Math.round(to.x + 40)},${Math.round(to.y + 6)}`,
        },
      ];
    },
  }),
  kind('canvas by point', (random) => ({ x: random.int(2, 18) * 20, y: random.int(2, 8) * 20 }), {
    html: (
      want,
    ) => `<p>The ship lies at ${want.x}, ${want.y} of the map.</p><canvas id=c width=400 height=200 style="border:1px solid" aria-label=Map></canvas>
      <script>const g=$('c').getContext('2d');g.fillStyle='navy';g.fillRect(want.x-6,want.y-6,12,12);const hits=[];$('c').onclick=e=>{const r=$('c').getBoundingClientRect();hits.push(e.isTrusted&&Math.hypot(e.clientX-r.left-want.x,e.clientY-r.top-want.y)<8)};function solved(){return same(hits,[true])}</script>`,
    *solve(view) {
      const [x, y] = pair(view.text, /lies at (\d+), (\d+)/);
      const canvas = view.ref('Map', 'canvas');
      const read = yield [{ action: 'read', as: 'geometry', target: canvas }];
      const [box] = read.data.get(1) as readonly Box[];
      if (box)
        yield [{ action: 'click', target: `@${Math.round(box.x + x)},${Math.round(box.y + y)}` }];
    },
  }),
  kind(
    'SVG by its colours',
    (random) => ({ colour: random.pick(['red', 'green', 'blue', 'orange']) }),
    {
      html: () => `<svg width=420 height=120 aria-label=Lamps>${['red', 'green', 'blue', 'orange'].map((colour, at) => `<circle cx=${60 + at * 100} cy=60 r=30 fill=${colour} style="cursor:pointer"></circle>`).join('')}</svg>
      <script>const done=[];document.querySelectorAll('circle').forEach(c=>c.addEventListener('click',e=>done.push(e.isTrusted&&c.getAttribute('fill'))));function solved(){return same(done,[want.colour])}</script>`,
      *solve(_view, want) {
        const read = yield [{ action: 'read', as: 'geometry' }];
        const box = (read.data.get(1) as readonly Box[]).find(
          ({ fill }) => fill === COLOURS[want.colour],
        );
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
  kind(
    'a line drawn on a canvas',
    (random) => ({
      points: Array.from({ length: 4 }, (_, at) => [40 + at * 100, random.int(2, 8) * 20]),
    }),
    {
      html: (
        want,
      ) => `<p>Draw through ${want.points.map(([x, y]) => `${x}/${y}`).join(' ')}.</p><canvas id=c width=400 height=200 style="border:1px solid;touch-action:none" aria-label=Sheet></canvas>
      <script>let on=false;const seen=[];$('c').onpointerdown=e=>{on=true;add(e)};$('c').onpointermove=e=>on&&add(e);addEventListener('pointerup',()=>on=false);const add=e=>{const r=$('c').getBoundingClientRect();seen.push([e.clientX-r.left,e.clientY-r.top])};
      function solved(){let at=0;for(const [x,y] of seen){const w=want.points[at];if(w&&Math.hypot(x-w[0],y-w[1])<6)at++}return at===want.points.length}</script>`,
      *solve(view) {
        const points = [...view.text.matchAll(/(\d+)\/(\d+)/g)].map(
          (found) => [Number(found[1]), Number(found[2])] as const,
        );
        const read = yield [
          { action: 'read', as: 'geometry', target: view.ref('Sheet', 'canvas') },
        ];
        const [box] = read.data.get(1) as readonly Box[];
        if (!box) return;
        const at = points.map(([x, y]) => `@${Math.round(box.x + x)},${Math.round(box.y + y)}`);
        yield [{ action: 'drag', from: at[0], to: at.at(-1), path: at.slice(1, -1) }];
      },
    },
  ),
];
