import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { chromium, type Browser } from 'playwright-core';

import { createClient } from '../../shared/client/client.ts';
import { readConfig } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { startPlatform, type RunningPlatform } from '../cli/compose.ts';
import type { BrowserPool, BrowserSession } from '../executor/browser-session.ts';
import { findChromium } from '../executor/browser/chromium-binary.ts';
import { readConversation } from '../planner/offline/conversation.ts';
import type { Page } from '../planner/offline/page-text.ts';
import { startScriptedServer } from '../planner/offline/scripted-server.ts';
import { atMost, median, type BenchOptions, type BenchResult } from './bench-result.ts';
import { startFormSite, type FormSite } from './form-site.ts';

const STEPS = 11;

/** The work, once for both sides: what to type into which field. */
const TEXTS = [
  ['First name', 'Ada'],
  ['Last name', 'Lovelace'],
  ['Company', 'Analytical Engines'],
  ['E-mail', 'ada@example.org'],
] as const;
const REMARKS = 'Nothing to add, thank you.';

async function byPlaywright(browser: Browser, site: FormSite): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(site.origin);
  for (const [label, text] of TEXTS) await page.getByLabel(label).fill(text);
  await page.getByLabel('Country').selectOption('Chile');
  await page.getByLabel('Team plan').check();
  await page.getByLabel('I accept the terms').check();
  await page.getByLabel('Remarks').fill(REMARKS);
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByText('Registered as number').waitFor();
  const ms = performance.now() - started;
  await context.close();
  return ms;
}

/** Plans without delay: refs are looked up in the observation by name. */
function planOn(page: Page): unknown {
  const units = page.lines.flatMap((line) => line.units);
  const refOf = (name: string): string => {
    const unit = units.find((candidate) => candidate.name === name);
    if (!unit) throw new AppError('internal', `the page shows no "${name}"`);
    return unit.ref;
  };
  return {
    thought: 'fill the form',
    steps: [
      ...TEXTS.map(([label, text]) => ({ action: 'type', target: refOf(label), text })),
      { action: 'select', target: refOf('Country'), values: ['Chile'] },
      { action: 'check', target: refOf('Team plan'), checked: true },
      { action: 'check', target: refOf('I accept the terms'), checked: true },
      { action: 'type', target: refOf('Remarks'), text: REMARKS },
      { action: 'click', target: refOf('Register') },
      { action: 'wait', text: 'Registered as number' },
      { action: 'finish', status: 'success', summary: 'registered' },
    ],
  };
}

interface Ours {
  /** From the first intent to the last outcome: observation, planning call, store and log included. */
  readonly stepsMs: number;
  /** From the request to the end of the run, browser context included. */
  readonly runMs: number;
}

async function byRodex(here: RunningPlatform, site: FormSite): Promise<Ours> {
  const client = createClient({ url: here.url });
  const started = performance.now();
  const { runId } = await client.createRun({
    goal: 'register',
    url: site.origin,
    contract: { navigate: [site.origin], commits: [{ name: 'Register' }] },
  });
  for await (const event of client.events(runId))
    if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
  const runMs = performance.now() - started;
  const run = await client.run(runId);
  if (run.status !== 'succeeded' || run.steps !== STEPS)
    throw new AppError(
      'internal',
      `the run ${run.status} after ${run.steps} steps: ${run.error?.message ?? ''}`,
    );
  const log = await client.log(runId);
  const first = log.find(({ event }) => event.type === 'step.intent');
  const last = log.findLast(({ event }) => event.type === 'step.ended');
  return { stepsMs: Date.parse(last?.at ?? '') - Date.parse(first?.at ?? ''), runMs };
}

function handicapped(pool: BrowserPool, ms: number): BrowserPool {
  if (ms === 0) return pool;
  return {
    open: async (host, options) => {
      const session = await pool.open(host, options);
      return new Proxy<BrowserSession>(session, {
        get: (target, key) => {
          if (key === 'act')
            return async (...rest: Parameters<BrowserSession['act']>) => {
              await delay(ms);
              return target.act(...rest);
            };
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
    close: async () => pool.close(),
  };
}

/** Wall time of a step through the whole path (API, planner over the wire, bus, store, log, observation) beside raw playwright-core. */
export async function benchSteps(options: BenchOptions): Promise<BenchResult> {
  const config = readConfig();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-bench-'));
  const site = await startFormSite();
  const server = await startScriptedServer({
    calls: (body) => {
      const conversation = readConversation(body.contents);
      if (!conversation) throw new AppError('internal', 'the prompt was not understood');
      return { plan: planOn(conversation.page) };
    },
  });
  const here = await startPlatform(
    {
      ...config,
      dataDir,
      gemini: { ...config.gemini, apiKey: undefined, baseUrl: server.baseUrl },
    },
    {
      log: silentLogger,
      warn: () => undefined,
      wrapPool: (pool) => handicapped(pool, options.handicapMs),
    },
  );
  const binary = await findChromium({
    cacheDir: config.cacheDir,
    ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
  });
  const browser = await chromium.launch({
    executablePath: binary.path,
    env: { ...binary.env },
    chromiumSandbox: process.getuid?.() !== 0,
  });
  try {
    const raw: number[] = [];
    const ours: Ours[] = [];
    for (let round = -1; round < options.repeat; round += 1) {
      const rawMs = await byPlaywright(browser, site);
      const mine = await byRodex(here, site);
      options.note(
        `${round < 0 ? 'warm-up' : `round ${round + 1}`}: playwright-core ${rawMs.toFixed(0)} ms, rodex ${mine.stepsMs} ms (${mine.runMs.toFixed(0)} with the context)`,
      );
      if (round < 0) continue;
      raw.push(rawMs);
      ours.push(mine);
    }
    if (
      new Set(site.registrations).size !== 1 ||
      site.registrations.length !== 2 * (options.repeat + 1)
    )
      throw new AppError(
        'internal',
        `the site saw ${site.registrations.length} registrations of ${new Set(site.registrations).size} kinds`,
      );
    const rawMs = median(raw);
    const stepsMs = median(ours.map((one) => one.stepsMs));
    const row = (what: string, ms: number): Record<string, string | number> => ({
      what,
      'total ms': Math.round(ms),
      'ms a step': Math.round((ms / STEPS) * 10) / 10,
      ratio: Math.round((ms / rawMs) * 100) / 100,
    });
    return {
      bench: 'steps',
      versions: { node: process.versions.node, chromium: binary.version },
      rows: [
        row('raw playwright-core (limit)', rawMs),
        row('rodex, whole path', stepsMs),
        row('rodex, with request and new context', median(ours.map((one) => one.runMs))),
      ],
      targets: [
        // What durability, log, observation and planning over the wire may cost together.
        atMost('whole_path_step_ratio', 1.5, stepsMs / rawMs),
        atMost('step_ratio_to_playwright', 1, stepsMs / rawMs),
      ],
    };
  } finally {
    await browser.close();
    await here.close();
    await server.close();
    await site.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
