import { PDFDocument, StandardFonts } from 'pdf-lib';

import { kind, WORDS, type Kind } from './exercise.ts';

/** Files that go in and out. */
export const FILES: readonly Kind[] = [
  kind(
    'download read and typed',
    (random) => ({ amount: String(random.int(1_000, 9_999)), word: random.pick(WORDS) }),
    {
      html: (_want, { here }) =>
        `<a href="${here}/list.csv">Export</a><label>Amount <input id=a></label><script>function solved(){return $('a').value===want.amount}</script>`,
      answer: (want) => ({
        headers: {
          'content-type': 'text/csv',
          'content-disposition': 'attachment; filename="list.csv"',
        },
        body: `name,amount\nother,1\n${want.word},${want.amount}\n`,
      }),
      *solve(view, want) {
        const got = yield [{ action: 'click', target: view.ref('Export') }];
        const artifact = got.told.flatMap(({ artifacts }) => artifacts ?? [])[0]?.name ?? 'none';
        const read = yield [{ action: 'read', artifact, as: 'table' }];
        const rows = read.data.get(1) as readonly { name: string; amount: string }[];
        yield [
          {
            action: 'type',
            target: view.ref('Amount'),
            text: rows.find(({ name }) => name === want.word)?.amount ?? '',
          },
        ];
      },
    },
  ),
  kind('PDF read and typed', (random) => ({ number: `INV-${random.int(10_000, 99_999)}` }), {
    html: (_want, { here }) =>
      `<a href="${here}/invoice.pdf" download>Invoice</a><label>Number <input id=n></label><script>function solved(){return $('n').value===want.number}</script>`,
    answer: async (want) => {
      const pdf = await PDFDocument.create();
      const font = await pdf.embedFont(StandardFonts.Helvetica);
      const sheet = pdf.addPage([400, 200]);
      sheet.drawText(`Invoice number ${want.number}`, { x: 30, y: 120, size: 14, font });
      return {
        headers: {
          'content-type': 'application/pdf',
          'content-disposition': 'attachment; filename="invoice.pdf"',
        },
        body: await pdf.save(),
      };
    },
    *solve(view) {
      const got = yield [{ action: 'click', target: view.ref('Invoice') }];
      const artifact = got.told.flatMap(({ artifacts }) => artifacts ?? [])[0]?.name ?? 'none';
      const read = yield [{ action: 'read', artifact }];
      yield [
        {
          action: 'type',
          target: view.ref('Number'),
          text: /INV-\d+/.exec(String(read.data.get(1)))?.[0] ?? '',
        },
      ];
    },
  }),
  kind('file in a window of its own', (random) => ({ amount: String(random.int(1_000, 9_999)) }), {
    html: (_want, { here }) =>
      `<a href="${here}/statement.csv" target=_blank>Statement</a><label>Balance <input id=a></label><script>function solved(){return $('a').value===want.amount}</script>`,
    answer: (want) => ({
      headers: { 'content-type': 'text/csv' },
      body: `date,balance\n2026-10-31,${want.amount}\n`,
    }),
    *solve(view) {
      const got = yield [{ action: 'click', target: view.ref('Statement') }];
      const artifact = got.told.flatMap(({ artifacts }) => artifacts ?? [])[0]?.name ?? 'none';
      const read = yield [{ action: 'read', artifact, as: 'table' }];
      const rows = read.data.get(1) as readonly { balance: string }[];
      yield [{ action: 'type', target: read.ref('Balance'), text: rows[0]?.balance ?? 'unknown' }];
    },
  }),
  kind(
    'upload into a field and by a button',
    (random) => ({ text: `${random.pick(WORDS)},${random.int(100, 999)}` }),
    {
      html: (
        _want,
        { here },
      ) => `<a href="${here}/part.csv">Get the part list</a><label>Document <input type=file id=f></label><button id=b>Attach …</button>
      <script>const got={};const take=(k,f)=>f.text().then(t=>got[k]=[f.name,t]);$('f').onchange=()=>take('field',$('f').files[0]);$('b').onclick=()=>{const i=document.createElement('input');i.type='file';i.onchange=()=>take('button',i.files[0]);i.click()};function solved(){const w=['part.csv',want.text];return same(got.field,w)&&same(got.button,w)}</script>`,
      answer: (want) => ({
        headers: {
          'content-type': 'text/csv',
          'content-disposition': 'attachment; filename="part.csv"',
        },
        body: want.text,
      }),
      *solve(view) {
        const got = yield [{ action: 'click', target: view.ref('Get the part list') }];
        const name = got.told.flatMap(({ artifacts }) => artifacts ?? [])[0]?.name ?? 'none';
        yield [
          { action: 'upload', target: view.ref('Document'), files: [name] },
          { action: 'upload', target: view.ref('Attach …'), files: [name] },
        ];
      },
    },
  ),
  kind('print', (random) => ({ word: random.pick(WORDS) }), {
    html: () =>
      `<p>A receipt.</p><button onclick="window.print();asked=true">Print</button><script>let asked=false,printed=0;addEventListener('beforeprint',()=>printed++);function solved(){return asked&&printed>=1}</script>`,
    *solve(view) {
      yield [{ action: 'click', target: view.ref('Print') }, { action: 'print' }];
    },
  }),
];
