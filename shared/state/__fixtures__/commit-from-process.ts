// Commits the batch on argv to the SQLite file on argv: "another process" for the contract suite.
import { openSqliteStateStore } from '../sqlite-state-store.ts';
import type { Write } from '../state-store.ts';

const [file = '', writes = '[]'] = process.argv.slice(2);
const store = openSqliteStateStore({ file });
await store.commit(JSON.parse(writes) as Write[]);
await store.close();
