import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Egress } from '../egress/egress.ts';
import { startEgressProxy } from '../egress/egress-proxy.ts';
import { launch, type Running } from './launch.ts';

let egress: Egress;
let running: Running;
beforeAll(async () => {
  egress = await startEgressProxy();
  running = await launch({ cacheDir: join(homedir(), '.cache', 'rodex') }, false, egress);
});
afterAll(async () => {
  await running.browser.close();
  await egress.close();
});

it('switches off all that Playwright switches off, of which Chromium takes the last list', async () => {
  const line = await readFile(`/proc/${running.processes.pid}/cmdline`, 'utf8');
  const lists = line
    .split('\0')
    .filter((flag) => flag.startsWith('--disable-features='))
    .map((flag) => flag.slice('--disable-features='.length).split(','));
  expect(lists).toHaveLength(2);
  expect(lists[1]).toEqual([...(lists[0] ?? []), 'DeferRendererTasksAfterInput']);
});

it("lets a page's own tasks run after a click before its next frame", async () => {
  const page = await running.browser.newPage();
  await page.setContent(
    `<button style="position:fixed;inset:0">Go</button><script>
      const order = [];
      document.querySelector('button').onclick = () => {
        requestAnimationFrame(() => order.push('frame'));
        setTimeout(() => order.push('task'));
      };
    </script>`,
  );
  const clicks = 10;
  for (let click = 1; click <= clicks; click += 1) {
    await page.mouse.click(50, 50);
    await page.waitForFunction(`order.length === ${2 * click}`);
  }
  const order = await page.evaluate<string[]>('order');
  const taskFirst = order.filter((what, at) => at % 2 === 0 && what === 'task').length;
  expect(taskFirst).toBeGreaterThan(clicks / 2);
});
