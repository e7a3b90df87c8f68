import { CITIES, kind, WORDS, type Kind } from './exercise.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** Controls that the browser brings. */
export const NATIVE_CONTROLS: readonly Kind[] = [
  kind(
    'text fields',
    (random) => ({
      line: `${random.pick(WORDS)} ${random.int(10, 99)}`,
      area: `${random.pick(WORDS)}\n${random.pick(WORDS)}`,
      hush: `pw-${random.int(100, 999)}`,
    }),
    {
      html: () => `<label>Line <input id=line value="old text"></label><label>Area <textarea id=area></textarea></label><label>Hush <input type=password id=hush></label>
      <script>function solved(){return $('line').value===want.line&&$('area').value===want.area&&$('hush').value===want.hush}</script>`,
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Line', 'textbox'), text: want.line },
          { action: 'type', target: view.ref('Area', 'textbox'), text: want.area },
          { action: 'type', target: view.ref('Hush', 'password'), text: want.hush },
        ];
      },
    },
  ),
  kind('select', (random) => ({ city: random.pick(CITIES.slice(1)) }), {
    html: () => `<label>City <select id=city><optgroup label=North>${CITIES.slice(0, 5)
      .map((city, at) => `<option value=v${at}>${city}`)
      .join('')}</optgroup><optgroup label=South>${CITIES.slice(5)
      .map((city, at) => `<option value=w${at}>${city}`)
      .join('')}</optgroup></select></label>
      <script>let changes=0;$('city').onchange=()=>changes++;function solved(){return $('city').selectedOptions[0].text===want.city&&changes===1}</script>`,
    *solve(view, want) {
      yield [
        { action: 'select', target: view.ref('City', 'select', 'combobox'), values: [want.city] },
      ];
    },
  }),
  kind('select several', (random) => ({ cities: random.shuffle(CITIES).slice(0, 3).toSorted() }), {
    html: () => `<label>Cities <select id=cities multiple size=6>${CITIES.map((city, at) => `<option${at === 0 ? ' selected' : ''}>${city}`).join('')}</select></label>
      <script>function solved(){return same([...$('cities').selectedOptions].map(o=>o.text).sort(),want.cities)}</script>`,
    *solve(view, want) {
      yield [{ action: 'select', target: view.ref('Cities'), values: want.cities }];
    },
  }),
  kind(
    'checkboxes',
    (random) => ({
      ticked: random.shuffle(WORDS.slice(0, 6)).slice(0, random.int(1, 4)).toSorted(),
    }),
    {
      html: () => `${WORDS.slice(0, 6)
        .map(
          (word, at) =>
            `<label><input type=checkbox value=${word}${at % 2 ? ' checked' : ''}> ${word}</label>`,
        )
        .join('')}
      <script>function solved(){return same([...document.querySelectorAll('input:checked')].map(i=>i.value).sort(),want.ticked)}
      if(solved())document.querySelector('input').click()</script>`,
      *solve(view, want) {
        yield WORDS.slice(0, 6).map((word) => ({
          action: 'check',
          target: view.ref(word, 'checkbox'),
          checked: want.ticked.includes(word),
        }));
      },
    },
  ),
  kind('radio buttons', (random) => ({ word: random.pick(WORDS.slice(1, 5)) }), {
    html: () => `<fieldset><legend>Stone</legend>${WORDS.slice(0, 5)
      .map(
        (word, at) =>
          `<label><input type=radio name=r value=${word}${at === 0 ? ' checked' : ''}> ${word}</label>`,
      )
      .join('')}</fieldset>
      <script>function solved(){return document.querySelector('input:checked').value===want.word}</script>`,
    *solve(view, want) {
      yield [{ action: 'check', target: view.ref(want.word, 'radio') }];
    },
  }),
  kind('hidden checkbox', (random) => ({ word: random.pick(WORDS.slice(0, 4)) }), {
    html: () => `<style>.s input{position:absolute;opacity:0;width:1px;height:1px}.s i{display:inline-block;width:40px;height:20px;border-radius:10px;background:#bbb}.s input:checked+i{background:green}</style>
      ${WORDS.slice(0, 4)
        .map((word) => `<label class=s><input type=checkbox value=${word}><i></i> ${word}</label>`)
        .join('')}
      <script>function solved(){return same([...document.querySelectorAll('input:checked')].map(i=>i.value),[want.word])}</script>`,
    *solve(view, want) {
      yield [{ action: 'check', target: view.ref(want.word), checked: true }];
    },
  }),
  kind(
    'dates and times',
    (random) => ({
      date: `2026-${two(random.int(1, 12))}-${two(random.int(1, 28))}`,
      time: `${two(random.int(0, 23))}:${two(random.int(0, 59))}`,
      both: `2027-${two(random.int(1, 12))}-05T${two(random.int(0, 23))}:15`,
      month: `2025-${two(random.int(1, 12))}`,
      week: `2026-W${two(random.int(1, 52))}`,
    }),
    {
      html: () => `<label>Date <input type=date id=date></label><label>Time <input type=time id=time></label><label>Both <input type=datetime-local id=both></label><label>Month <input type=month id=month></label><label>Week <input type=week id=week></label>
      <script>let changed=new Set();addEventListener('change',e=>changed.add(e.target.id));function solved(){return changed.size===5&&Object.entries(want).every(([id,value])=>$(id).value===value)}</script>`,
      *solve(view, want) {
        yield Object.entries(want).map(([id, text]) => ({
          action: 'type',
          target: view.ref(new RegExp(`^${id}$`, 'i')),
          text,
        }));
      },
    },
  ),
  kind(
    'colour and range',
    (random) => ({
      colour: `#${Array.from({ length: 6 }, () => random.int(1, 9)).join('')}`,
      level: String(random.int(1, 9) * 10),
    }),
    {
      html: () => `<label>Colour <input type=color id=colour></label><label>Level <input type=range id=level min=0 max=100 step=10 value=0></label><output id=out></output>
      <script>let shown;$('level').oninput=()=>{shown=$('level').value;out.value=shown};function solved(){return $('colour').value===want.colour&&$('level').value===want.level&&shown===want.level}</script>`,
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Colour', 'color'), text: want.colour },
          { action: 'type', target: view.ref('Level', 'slider'), text: want.level },
        ];
      },
    },
  ),
  kind(
    'number by keys',
    (random) => ({ typed: String(random.int(100, 999)), stepped: random.int(2, 9) }),
    {
      html: () => `<label>Typed <input type=number id=typed></label><label>Stepped <input type=number id=stepped value=0></label>
      <script>function solved(){return $('typed').value===want.typed&&$('stepped').valueAsNumber===want.stepped}</script>`,
      *solve(view, want) {
        yield [
          { action: 'type', target: view.ref('Typed'), text: want.typed },
          { action: 'press', target: view.ref('Stepped'), keys: 'ArrowUp', count: want.stepped },
        ];
      },
    },
  ),
  kind('disclosures', (random) => ({ word: random.pick(WORDS.slice(0, 5)) }), {
    html: () => `${WORDS.slice(0, 5)
      .map(
        (word) =>
          `<details><summary>About ${word}</summary><button onclick="done='${word}'">Take it</button></details>`,
      )
      .join('')}
      <script>let done;function solved(){return done===want.word}</script>`,
    *solve(view, want) {
      const next = yield [{ action: 'click', target: view.ref(`About ${want.word}`) }];
      yield [{ action: 'click', target: next.ref('Take it', 'button') }];
    },
  }),
  kind('form by Enter', (random) => ({ query: `${random.pick(WORDS)}-${random.int(100, 999)}` }), {
    html: (_want, { here }) =>
      `<form method=post action="${here}/orders"><label>Reference <input name=ref></label><input type=hidden name=token value=t1></form>`,
    answer: () => ({ body: '<!doctype html><title>Taken</title><h1>Thank you</h1>' }),
    *solve(view, want) {
      yield [{ action: 'type', target: view.ref('Reference'), text: want.query, submit: true }];
    },
    judge: (want, seen) =>
      seen.requests.filter(
        ({ method, body }) => method === 'POST' && body === `ref=${want.query}&token=t1`,
      ).length === 1,
  }),
  kind('datalist', (random) => ({ city: random.pick(CITIES) }), {
    html: () => `<label>Port <input id=port list=ports></label><datalist id=ports>${CITIES.map((city, at) => `<option value="P${at}" label="${city}">`).join('')}</datalist>
      <script>function solved(){return $('port').value==='P'+${JSON.stringify(CITIES)}.indexOf(want.city)}</script>`,
    *solve(view, want) {
      yield [{ action: 'select', target: view.ref('Port'), values: [want.city] }];
    },
  }),
];
