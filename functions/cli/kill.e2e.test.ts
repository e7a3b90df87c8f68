import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ProgramProcess } from '../../shared/testing/program-process.ts';
import { readLedger } from './ledger-file.ts';

const CLI = 'functions/cli/main.ts';
let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rodex-kill-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Spread over the run's length, from its acceptance to after the order. */
const MOMENTS_MS = [0, 250, 600, 1_000, 1_500, 2_000, 2_600, 3_300];

describe('a demo killed with SIGKILL', () => {
  it.each(MOMENTS_MS)(
    '%i ms after its run was accepted, then started again: one order, or waiting for a human',
    async (moment) => {
      const env = { RODEX_DATA_DIR: join(root, `kill-${moment}`) };
      const first = new ProgramProcess(CLI, ['demo', '--json'], env);
      await first.output(/run run_\w+ accepted/);
      // The moment itself is what is tested: there is no event to wait for.
      await delay(moment);
      await first.stop('SIGKILL');
      const second = await new ProgramProcess(CLI, ['demo', '--json'], env).finished;
      const summary = JSON.parse(second.stdout) as {
        runId: string;
        status: string;
        audit: { verified: boolean };
      };
      const orders = (
        await readLedger(join(env.RODEX_DATA_DIR, 'site', 'seed-1', 'ledger.jsonl'))
      ).filter(({ kind }) => kind === 'order');
      const markers = orders.map(({ marker }) => marker);
      expect(new Set(markers).size, 'an order was raised twice').toBe(markers.length);
      expect(summary.audit.verified).toBe(true);
      if (summary.status === 'succeeded') expect(markers.length).toBeGreaterThanOrEqual(1);
      else expect(summary.status, second.stderr).toBe('needs_resolution');
    },
  );
});
