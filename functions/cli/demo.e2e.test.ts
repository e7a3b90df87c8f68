import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createClient } from '../../shared/client/client.ts';
import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { ProgramProcess } from '../../shared/testing/program-process.ts';
import { startHelpDesk } from '../site/help-desk.ts';
import { startSite } from '../site/site.ts';
import { demoRequest, PORTAL_SECRET } from '../site/demo-goal.ts';
import { readLedger } from './ledger-file.ts';

const CLI = 'functions/cli/main.ts';
let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rodex-e2e-'));
});
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('the demo', () => {
  it.each([1, 2, 3, 4])(
    'succeeds on seed %i with exactly one order in the ledger, and prints one JSON object',
    async (seed) => {
      const env = { RODEX_DATA_DIR: join(dataDir, `demo-${seed}`) };
      const demo = await new ProgramProcess(CLI, ['demo', '--seed', String(seed), '--json'], env)
        .finished;
      expect(demo.code, demo.stderr).toBe(0);
      const summary = JSON.parse(demo.stdout);
      expect(summary).toMatchObject({ status: 'succeeded', audit: { verified: true } });
      expect(Object.keys(summary)).toEqual(
        expect.arrayContaining([
          'runId',
          'status',
          'result',
          'turns',
          'steps',
          'modelCalls',
          'tokens',
          'ms',
          'audit',
        ]),
      );
      const orders = (
        await readLedger(join(env.RODEX_DATA_DIR, 'site', `seed-${seed}`, 'ledger.jsonl'))
      ).filter(({ kind }) => kind === 'order');
      expect(orders).toHaveLength(1);
      await expectTruth(seed, summary.result);
    },
  );
});

/** What the run returned beside what the site knows. */
async function expectTruth(seed: number, result: unknown): Promise<void> {
  const site = await startSite({ seed, dataDir: join(dataDir, `truth-${seed}`) });
  try {
    const { newestMonthInvoices, largestOfNewestMonth } = site.facts;
    const { wording } = site;
    const row = ({ number, dateIso, totalCents }: (typeof newestMonthInvoices)[number]) => ({
      [wording.number]: number,
      [wording.date]: dateIso,
      [wording.total]: totalCents,
    });
    expect(result).toEqual({
      invoices: newestMonthInvoices.map(row),
      largest: row(largestOfNewestMonth),
    });
  } finally {
    await site.close();
  }
}

describe('site, platform and verification as separate processes', () => {
  it('finds one flipped byte in the stored log and names the entry', async () => {
    const env = { RODEX_DATA_DIR: join(dataDir, 'separate'), PORT: '0' };
    const siteProcess = new ProgramProcess('functions/site/main.ts', [], {
      ...env,
      RODEX_DATA_DIR: join(dataDir, 'separate-site'),
    });
    const [line] = await siteProcess.output(/^\{.*\}$/m);
    const site = JSON.parse(line) as {
      origin: string;
      ledgerPath: string;
      credentials: { username: string; password: string };
    };
    const secret = await new ProgramProcess(
      CLI,
      ['secrets', 'set', PORTAL_SECRET, '--origin', site.origin],
      env,
      site.credentials.password,
    ).finished;
    expect(secret.code, secret.stderr).toBe(0);
    const platform = new ProgramProcess(CLI, ['up'], env);
    try {
      const [, url = ''] = await platform.output(/Rodex is up at (\S+)/);
      const key = (await readFile(join(env.RODEX_DATA_DIR, 'api.key'), 'utf8')).trim();
      expect((await stat(join(env.RODEX_DATA_DIR, 'api.key'))).mode & 0o777).toBe(0o600);
      const client = createClient({ url, key });
      await expectHardFront(url, key);
      const known = await startSite({ seed: 1, dataDir: join(dataDir, 'separate-known') });
      const request = demoRequest({ ...known, origin: site.origin }, 'REF-SEPARATE');
      await known.close();
      const { runId } = await client.createRun(request, { idempotencyKey: 'once' });
      expect((await client.createRun(request, { idempotencyKey: 'once' })).runId).toBe(runId);
      const entries: LogEntry[] = [];
      for await (const event of client.events(runId))
        if (event.type === 'entry') entries.push(event.entry);
      expect(entries.at(-1)?.event, JSON.stringify(entries.slice(-3))).toMatchObject({
        type: 'run.ended',
        status: 'succeeded',
      });
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_entry, index) => index));
      expect(
        (await readLedger(site.ledgerPath)).filter(
          ({ kind, marker }) => kind === 'order' && marker === 'REF-SEPARATE',
        ),
      ).toHaveLength(1);

      const verify = async () =>
        new ProgramProcess(CLI, ['audit', 'verify', '--json'], env).finished;
      const good = await verify();
      expect(good.code, good.stderr).toBe(0);
      await platform.stop();
      const seq =
        entries.findLast(
          ({ event }) => event.type === 'step.intent' && event.decision.effect === 'commit',
        )?.seq ?? -1;
      flipOneByte(join(env.RODEX_DATA_DIR, 'state.sqlite'), runId, seq);
      const bad = await verify();
      expect(bad.code).toBe(10);
      expect(JSON.parse(bad.stdout)).toMatchObject({
        verified: false,
        runs: [{ runId, verdict: { ok: false, seq, damage: 'edited' } }],
      });
    } finally {
      await platform.stop();
      await siteProcess.stop();
    }
  });
});

/** The framework in front of the API parses bodies too: it must not answer with its own error pages. */
async function expectHardFront(url: string, key: string): Promise<void> {
  const post = async (body: string): Promise<Response> =>
    fetch(`${url}/v1/runs`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
  expect((await fetch(`${url}/v1/runs`)).status).toBe(401);
  const broken = await post('{"goal":');
  expect(broken.status).toBe(400);
  expect(broken.headers.get('content-type')).toContain('application/problem+json');
  expect(await broken.text()).not.toContain('node_modules');
  expect((await post(JSON.stringify({ goal: 'x'.repeat(2_000_000) }))).status).toBe(413);
  expect((await post(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).status).toBe(400);
  expect((await fetch(`${url}/openapi.json`)).status).toBe(200);
}

/** Changes one character inside the stored JSON of an entry, behind the platform's back. */
function flipOneByte(file: string, runId: string, seq: number): void {
  const database = new DatabaseSync(file);
  const path = `%/runs/${runId}/log/${String(seq).padStart(9, '0')}`;
  const row = database.prepare('SELECT path, data FROM documents WHERE path LIKE ?').get(path) as {
    path: string;
    data: string;
  };
  const at = row.data.indexOf('"sealed":"') + 60;
  const other = row.data[at] === 'A' ? 'B' : 'A';
  const changed = row.data.slice(0, at) + other + row.data.slice(at + 1);
  database.prepare('UPDATE documents SET data = ? WHERE path = ?').run(changed, row.path);
  database.close();
}

it('keeps no secret value anywhere in the data directory', async () => {
  const site = await startSite({ seed: 1, dataDir: join(dataDir, 'password') });
  await site.close();
  const stored = await readFile(join(dataDir, 'demo-1', 'state.sqlite'));
  expect(stored.includes(PORTAL_SECRET)).toBe(true);
  expect(stored.includes(site.credentials.password)).toBe(false);
});

describe('another site, the same planner', () => {
  it('reads a table, searches, and files one report at the help desk', async () => {
    const desk = await startHelpDesk({ seed: 5, dataDir: join(dataDir, 'desk') });
    const goal = [
      'Read the rows of the table with "Ticket", "Subject", "Urgency" where "Urgency" is "high" as urgent',
      'Go to "Report a problem"',
      'Type {{input.subject}} into "What is wrong?"',
      'Type "Ada" into "Your name"',
      'Tick "high"',
      `Type "${desk.facts.rooms[0]}" into "Room"`,
      'Type "It rattles." into "Details"',
      'Click "Create ticket"',
      'Wait for "was created"',
      'Return urgent',
    ].join('\n');
    try {
      const args = [
        'run',
        goal,
        '--url',
        `${desk.origin}/tickets`,
        '--input',
        'subject=The fan rattles',
        '--allow-commit',
        'Create ticket',
        '--json',
      ];
      const run = await new ProgramProcess(CLI, args, { RODEX_DATA_DIR: join(dataDir, 'desk-run') })
        .finished;
      expect(run.code, run.stderr).toBe(0);
      const urgent = desk.facts.tickets.filter(({ urgency }) => urgency === 'high');
      expect(JSON.parse(run.stdout).result).toEqual({
        urgent: urgent.map(({ id, subject, urgency }) => ({
          Ticket: `#${id}`,
          Subject: subject,
          Urgency: urgency,
        })),
      });
      const tickets = (await readLedger(desk.ledgerPath)).filter(({ kind }) => kind === 'ticket');
      expect(tickets.map(({ marker }) => marker)).toEqual(['The fan rattles']);
    } finally {
      await desk.close();
    }
  });
});
