// Commits pairs of documents for ever, printing each number once it is durable, until it is killed.
import { openSqliteStateStore } from '../sqlite-state-store.ts';

const [file = '', name = ''] = process.argv.slice(2);
const store = openSqliteStateStore({ file });
for (let n = 0; ; n += 1) {
  await store.commit([
    { op: 'create', path: `left/${name}-${n}`, data: { n, text: 'x'.repeat(n % 5_000) } },
    { op: 'create', path: `right/${name}-${n}`, data: { n } },
  ]);
  process.stdout.write(`${n}\n`);
  // Lets the pipe be written, so that what was printed is what was committed.
  await new Promise(setImmediate);
}
