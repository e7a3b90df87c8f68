import { readdirSync, readFileSync } from 'node:fs';

import { createBrowserPool } from '../browser-pool.ts';
import { startSite, TestHost } from './site.ts';

/** Says, as whoever runs it, whether the browser's own command line has the sandbox on. */
const [cacheDir = ''] = process.argv.slice(2);
const site = await startSite();
const pool = createBrowserPool({ cacheDir, env: { TMPDIR: cacheDir } });
const session = await pool.open(new TestHost());
await session.act({ action: 'navigate', url: `${site.base}/two`, why: '' });
const seen = await session.observe();
const commands = readdirSync('/proc')
  .filter((name) => /^\d+$/.test(name))
  .map((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  })
  .filter((line) => line.includes(cacheDir) && line.includes('/chromium '));
process.stdout.write(JSON.stringify({ sandboxed: session.sandboxed, uid: process.getuid?.(), processes: commands.length, without: commands.filter((line) => line.includes('--no-sandbox')).length, saw: seen.text.includes('Second page') }));
await session.close();
await pool.close();
await site.close();
