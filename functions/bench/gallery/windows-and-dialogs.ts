import { kind, WORDS, type Kind } from './exercise.ts';

const code = (random: { int(min: number, max: number): number }): string =>
  `C${random.int(10_000, 99_999)}`;
const document = (title: string, body: string): { body: string } => ({
  body: `<!doctype html><meta charset="utf-8"><title>${title}</title>${body}`,
});

/** Other windows, and what stops a page until it is answered. */
export const WINDOWS_AND_DIALOGS: readonly Kind[] = [
  kind('new tab and back', (random) => ({ code: code(random) }), {
    html: (_want, { here }) =>
      `<a href="${here}/code" target=_blank>Show the code</a><label>Code <input id=c></label><script>function solved(){return $('c').value===want.code}</script>`,
    answer: (want) => document('Code', `<p>The code is ${want.code}.</p>`),
    *solve(view) {
      const other = yield [{ action: 'click', target: view.ref('Show the code') }];
      const text = other.match(/code is (\w+)/);
      const back = yield [{ action: 'tab', op: 'switch', id: 't1' }];
      yield [{ action: 'type', target: back.ref('Code', 'textbox'), text }];
    },
  }),
  kind('window that answers and closes', (random) => ({ word: random.pick(WORDS.slice(0, 4)) }), {
    html: (_want, { here }) =>
      `<button onclick="window.open('${here}/pick','p','width=400,height=300')">Choose …</button><p id=o></p><script>let got;addEventListener('message',e=>{if(typeof e.data==='string'){got=e.data;$('o').textContent=got}});function solved(){return got===want.word}</script>`,
    answer: () =>
      document(
        'Pick',
        WORDS.slice(0, 4)
          .map(
            (word) =>
              `<button onclick="opener.postMessage('${word}','*');close()">${word}</button>`,
          )
          .join(' '),
      ),
    *solve(view, want) {
      const popup = yield [{ action: 'click', target: view.ref('Choose …') }];
      yield [{ action: 'click', target: popup.ref(want.word, 'button') }];
    },
  }),
  kind('window that prints and closes', (random) => ({ word: random.pick(WORDS) }), {
    html: (_want, { here }) =>
      `<a href="${here}/slip" target=_blank>Delivery note</a><label>Remark <input id=r></label><script>function solved(){return $('r').value===want.word&&localStorage.printed==='yes'}</script>`,
    answer: () =>
      document(
        'Slip',
        "<p>Delivery note</p><script>localStorage.printed='yes';print();close()</script>",
      ),
    *solve(view, want) {
      const after = yield [{ action: 'click', target: view.ref('Delivery note') }];
      yield [{ action: 'type', target: after.ref('Remark'), text: want.word }];
    },
  }),
  kind('alert', (random) => ({ code: code(random) }), {
    html: (want) =>
      `<button onclick="alert('Your number is ${want.code}');after=true">Ask</button><label>Number <input id=n></label><script>let after=false;function solved(){return after&&$('n').value===want.code}</script>`,
    *solve(view) {
      const told = yield [{ action: 'click', target: view.ref('Ask') }];
      const text = /number is (\w+)/.exec(JSON.stringify(told.told))?.[1] ?? 'unknown';
      yield [{ action: 'type', target: told.ref('Number'), text }];
    },
  }),
  kind('confirm', (random) => ({ yes: random.int(0, 1) === 1 }), {
    html: () =>
      `<button onclick="got=confirm('Really delete?')">Delete all</button><script>let got;function solved(){return got===want.yes}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref('Delete all') }];
      yield [{ action: 'dialog', accept: want.yes }];
    },
  }),
  kind('prompt', (random) => ({ text: `${random.pick(WORDS)} ${random.int(1, 9)}` }), {
    html: () =>
      `<button onclick="got=prompt('Name of the list?','untitled')">New list</button><script>let got;function solved(){return got===want.text}</script>`,
    *solve(view, want) {
      yield [{ action: 'click', target: view.ref('New list') }];
      yield [{ action: 'dialog', accept: true, text: want.text }];
    },
  }),
  kind('page that does not want to be left', (random) => ({ page: random.int(1, 4) }), {
    html: (_want, { here }) =>
      `<label>Draft <input id=d></label>${[1, 2, 3, 4].map((n) => `<a href="${here}/chapter-${n}">Chapter ${n}</a> `).join('')}<script>addEventListener('beforeunload',e=>{if($('d').value){e.preventDefault();e.returnValue='x'}})</script>`,
    answer: () => document('Chapter', '<h1>Chapter</h1>'),
    *solve(view, want) {
      yield [
        { action: 'type', target: view.ref('Draft'), text: 'unsaved' },
        { action: 'click', target: view.ref(`Chapter ${want.page}`) },
      ];
    },
    judge: (want, seen) =>
      seen.requests
        .map(({ path }) => path)
        .filter((path) => path.startsWith('/chapter'))
        .join() === `/chapter-${want.page}`,
  }),
  kind(
    'dialog of the page',
    (random) => ({ reason: random.pick(['Late', 'Broken', 'Wrong size']) }),
    {
      html: () =>
        `<button id=b>Return item</button><dialog id=d><form method=dialog><label>Reason <select id=r><option>choose<option>Late<option>Broken<option>Wrong size</select></label><button value=ok>Confirm return</button></form></dialog><script>let got;$('b').onclick=()=>$('d').showModal();$('d').onclose=()=>got=[$('d').returnValue,$('r').value];function solved(){return same(got,['ok',want.reason])}</script>`,
      *solve(view, want) {
        const open = yield [{ action: 'click', target: view.ref('Return item') }];
        yield [
          { action: 'select', target: open.ref('Reason'), values: [want.reason] },
          { action: 'click', target: open.ref('Confirm return') },
        ];
      },
    },
  ),
  kind('HTTP authentication', () => ({}), {
    html: (_want, { here }) => `<a href="${here}/vault">The vault</a>`,
    answer: (_want, path, { authorization }) =>
      path !== '/vault' || authorization !== undefined
        ? document('Vault', '<h1>Inside the vault</h1>')
        : {
            status: 401,
            headers: { 'www-authenticate': 'Basic realm="vault"' },
            body: 'who are you',
          },
    *solve(view) {
      const inside = yield [{ action: 'click', target: view.ref('The vault') }];
      inside.match(/(Inside the vault)/);
    },
    judge: (_want, seen) =>
      seen.requests.some(
        ({ path, authorization }) =>
          path === '/vault' && authorization === `Basic ${btoa('ada:gallery-pw')}`,
      ),
  }),
];
