import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findChromium } from './chromium-binary.ts';

const run = promisify(execFile);
const NOBODY = 65_534;
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rodex-chromium-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const script = (text: string): string => {
  const path = join(dir, 'fake');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};

describe('finding a Chromium', () => {
  it('unpacks once, whoever asks first, into a folder of this version and user', async () => {
    const [first, second] = await Promise.all([
      findChromium({ cacheDir: dir }),
      findChromium({ cacheDir: dir }),
    ]);
    expect(first.path).toBe(second.path);
    expect(first.path).toMatch(
      new RegExp(`^${dir}/chromium-[\\d.]+-${process.getuid?.()}/chromium$`),
    );
    expect(first.version).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(readdirSync(dir)).toHaveLength(1);
  });

  it('names a missing library and its cure', async () => {
    const executablePath = script(
      'echo "x: error while loading shared libraries: libnss3.so: cannot open shared object file" >&2; exit 127',
    );
    await expect(findChromium({ cacheDir: dir, executablePath })).rejects.toMatchObject({
      code: 'browser_missing',
      message: expect.stringMatching(
        /libnss3\.so[\s\S]*apt-get install libnss3 libnspr4 libexpat1/,
      ),
    });
    await expect(
      findChromium({ cacheDir: dir, executablePath: join(dir, 'none') }),
    ).rejects.toMatchObject({ code: 'browser_missing' });
  });

  it('describes the packaged fonts to Chromium where the system has none', async () => {
    const { env } = await findChromium({ cacheDir: dir, systemFonts: join(dir, 'none') });
    const described = readFileSync(env['FONTCONFIG_FILE'] ?? '', 'utf8');
    const folders = [...described.matchAll(/<dir>([^<]+)<\/dir>/g)].map(
      ([, folder = '']) => folder,
    );
    expect(folders).toHaveLength(1);
    const files = readdirSync(folders[0] ?? '', { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.ttf')).length).toBeGreaterThan(0);
    expect((await findChromium({ cacheDir: dir, systemFonts: dir })).env).toEqual({});
  });

  it('takes another executable as it is', async () => {
    expect(
      await findChromium({ cacheDir: dir, executablePath: script('echo Chromium 150.0.1.2') }),
    ).toMatchObject({ version: '150.0.1.2' });
    expect(readdirSync(dir)).toEqual(['fake']);
  });
});

describe('the sandbox', () => {
  it('is on for whoever is not root', async () => {
    const probe = fileURLToPath(new URL('__fixtures__/sandbox-probe.ts', import.meta.url));
    const root = process.getuid?.() === 0;
    chmodSync(dir, 0o777);
    if (root) chownSync(dir, NOBODY, NOBODY);
    const command = [process.execPath, probe, dir];
    const [file = '', ...args] = root
      ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...command]
      : command;
    const { stdout } = await run(file, args, {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: dir, TMPDIR: dir },
      timeout: 50_000,
    });
    expect(JSON.parse(stdout)).toMatchObject({ sandboxed: true, without: 0, saw: true });
    expect(JSON.parse(stdout).processes).toBeGreaterThan(0);
  });
});
