import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { chromium } from 'playwright-core';

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
import { startPeers } from './peers/peers.ts';
import { byPeer, byPlaywright, COUNTRY, DONE, REMARKS, STEPS, TEXTS, TICKS } from './steps-raw.ts';

/** Plans without delay: refs are looked up in the observation by name. */
export function planOn(page: Page): unknown {
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
      { action: 'select', target: refOf('Country'), values: [COUNTRY] },
      ...TICKS.map((label) => ({ action: 'check', target: refOf(label), checked: true })),
      { action: 'type', target: refOf('Remarks'), text: REMARKS },
      { action: 'click', target: refOf('Register') },
      { action: 'wait', text: DONE },
      { action: 'finish', status: 'success', summary: 'registered' },
    ],
  };
}

/** Rounds that do not count: both sides' code is compiled in them. */
const WARM_UPS = 3;

interface Ours {
  /** From the first intent to the last outcome: observation, planning call, store and log included. */
  readonly stepsMs: number;
  /** From the request to the end of the run, browser context included. */
  readonly runMs: number;
}

async function byRodex(here: RunningPlatform, site: FormSite): Promise<Ours> {
  const client = createClient(here);
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
  const sandbox = process.getuid?.() !== 0;
  const browser = await chromium.launch({
    executablePath: binary.path,
    env: { ...binary.env },
    chromiumSandbox: sandbox,
  });
  const peers = await startPeers(
    config.cacheDir,
    { ...binary, sandbox },
    [undefined, 0],
    options.note,
  );
  try {
    const raw: number[] = [];
    const ratios: number[] = [];
    const ours: Ours[] = [];
    const others = new Map<string, number[]>();
    const failures = new Map<string, string>();
    const measure = async (name: string, work: () => Promise<number>): Promise<void> => {
      if (failures.has(name)) return;
      try {
        const ms = await work();
        if (counted) others.set(name, [...(others.get(name) ?? []), ms]);
      } catch (error) {
        failures.set(name, AppError.from(error).message.slice(0, 120));
      }
    };
    let counted = false;
    for (let round = -WARM_UPS; round < options.repeat; round += 1) {
      counted = round >= 0;
      const before = await byPlaywright(browser, site, false);
      const mine = await byRodex(here, site);
      const after = await byPlaywright(browser, site, false);
      const rawMs = (before + after) / 2;
      options.note(
        `${counted ? `round ${round + 1}` : 'warm-up'}: playwright-core ${rawMs.toFixed(0)} ms, rodex ${mine.stepsMs} ms (${mine.runMs.toFixed(0)} with the context)`,
      );
      if (counted) {
        raw.push(rawMs);
        ours.push(mine);
        ratios.push(mine.stepsMs / rawMs);
      }
      await measure('playwright-core, its snapshot after each step', async () =>
        byPlaywright(browser, site, true),
      );
      for (const peer of peers.started) {
        await measure(peer.name, async () => byPeer(peer, site, false));
        if (peer.name === 'agent-browser')
          await measure('agent-browser, its snapshot after each step', async () =>
            byPeer(peer, site, true),
          );
      }
    }
    if (new Set(site.registrations).size !== 1)
      throw new AppError(
        'internal',
        `the site saw registrations of ${new Set(site.registrations).size} kinds`,
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
      versions: {
        node: process.versions.node,
        chromium: binary.version,
        ...Object.fromEntries(peers.started.map(({ name, version }) => [name, version])),
      },
      rows: [
        row('raw playwright-core (limit)', rawMs),
        row('rodex, whole path', stepsMs),
        row('rodex, with request and new context', median(ours.map((one) => one.runMs))),
        ...Array.from(others, ([name, times]) => row(name, median(times))),
        ...Array.from(failures, ([what, why]) => ({ what, why })),
        ...peers.missing.map(({ name, why }) => ({ what: name, why })),
      ],
      targets: [
        // What durability, log, observation and planning over the wire may cost together, and what they should.
        atMost('whole_path_step_ratio', 1.5, median(ratios)),
        // Of the rounds' own ratios: what else the machine does falls on both sides of a round.
        atMost('step_ratio_to_playwright', 1, median(ratios)),
      ],
    };
  } finally {
    await peers[Symbol.asyncDispose]();
    await browser.close();
    await here.close();
    await server.close();
    await site.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
