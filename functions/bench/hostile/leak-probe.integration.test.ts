import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { HostileResult } from './hostile.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

const WAYS = [
  'redirect',
  'download',
  'shared-worker',
  'service-worker',
  'speculation',
  'websocket',
  'beacon',
  'webrtc',
  'webtransport',
  'dns',
];

describe('the leak probe', () => {
  // A new Chromium, or a flag that is gone, shows here first: each probe has a control that reaches its target in a plain browser.
  it('sees nothing leave past the proxy', async () => {
    const { stdout } = await run(
      process.execPath,
      [main, 'hostile', '--json', '--only', 'leak', '--match', WAYS.join(',')],
      { timeout: 280_000, maxBuffer: 16 * 1024 * 1024 },
    ).catch((error: unknown) => error as { stdout: string });
    const { tried, held, broken } = JSON.parse(stdout) as HostileResult;
    expect(broken).toEqual([]);
    expect(held).toBe(tried);
    expect(tried).toBeGreaterThanOrEqual(2 * WAYS.length);
  }, 300_000);
});
