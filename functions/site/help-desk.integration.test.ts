import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { startHelpDesk } from './help-desk.ts';
import type { HelpDesk } from './help-desk.ts';

let dataDir: string;
let desk: HelpDesk;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'desk-'));
  desk = await startHelpDesk({ seed: 1, dataDir });
});
afterEach(async () => {
  await desk.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const report = (change: Record<string, string> = {}): Promise<Response> =>
  fetch(`${desk.origin}/tickets/report`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      subject: 'Lamp <b>broken</b>',
      requester: 'Ada',
      urgency: 'high',
      room: desk.facts.rooms[0] ?? '',
      details: '</textarea><script>',
      ...change,
    }),
  });
const page = async (path: string): Promise<string> => (await fetch(desk.origin + path)).text();

it('creates a ticket per POST, in its own ledger, and finds it by search', async () => {
  const path = (await report()).headers.get('Location') ?? '';
  await report();
  const ledger = JSON.parse(await page('/__ledger')) as { kind: string; marker: string }[];
  expect(ledger.map(({ kind, marker }) => [kind, marker])).toEqual([
    ['ticket', 'Lamp <b>broken</b>'],
    ['ticket', 'Lamp <b>broken</b>'],
  ]);
  expect(await page(path)).toContain('was created');
  const found = await page('/tickets?q=lamp');
  expect(found).toContain('2 tickets');
  expect(found).not.toContain('<b>');
  await desk.close();
  desk = await startHelpDesk({ seed: 1, dataDir });
  expect(await page('/tickets?q=lamp')).toContain('2 tickets');
});

it('keeps what was typed when something is wrong', async () => {
  const answer = await report({ room: 'Nowhere' });
  expect(answer.status).toBe(422);
  const body = await answer.text();
  expect(body).toContain('Choose a room from the list.');
  expect(body).toContain('>&lt;/textarea&gt;&lt;script&gt;</textarea');
  expect(await page('/__ledger')).toBe('[]');
});
