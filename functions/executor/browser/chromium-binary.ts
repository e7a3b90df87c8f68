import { execFile } from 'node:child_process';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import lockfile from 'proper-lockfile';

import { AppError } from '../../../shared/core/errors.ts';
import { unpackFile, unpackTar } from './unpack-archive.ts';

/** An executable that was seen to start, and the environment additions it needs. */
export interface ChromiumBinary {
  readonly path: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ChromiumBinaryOptions {
  readonly cacheDir: string;
  /** Another Chromium, used as it is. */
  readonly executablePath?: string;
  /** Where the system would describe its fonts; for tests. */
  readonly systemFonts?: string;
}

const PACKAGES = 'libnss3 libnspr4 libexpat1';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function diskError(error: unknown, dir: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AppError(
      'disk_full',
      `no space left to unpack Chromium in ${dir}: it needs about 220 MB; free some, or set another cache directory`,
      { cause: error },
    );
  return error;
}

/** The folder of the installed package; its version names the cache. */
async function packageOf(): Promise<{ bin: string; version: string }> {
  const root = new URL('..', import.meta.resolve('@sparticuz/chromium'));
  const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    version: string;
  };
  return { bin: fileURLToPath(new URL('bin', root)), version: manifest.version };
}

async function unpackInto(dir: string, bin: string): Promise<void> {
  const partial = `${dir}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  try {
    await Promise.all([
      unpackFile(join(bin, 'chromium.br'), join(partial, 'chromium')),
      unpackTar(join(bin, 'swiftshader.tar.br'), partial),
      unpackTar(join(bin, 'fonts.tar.br'), join(partial, 'fonts')),
      unpackTar(join(bin, 'al2023.tar.br'), join(partial, 'al2023')),
    ]);
    await rename(partial, dir);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Unpacks Chromium once for each version and user; whoever comes second waits for the first. */
async function unpacked(cacheDir: string): Promise<{ dir: string; path: string }> {
  const { bin, version } = await packageOf();
  const dir = join(cacheDir, `chromium-${version}-${process.getuid?.() ?? 0}`);
  const path = join(dir, 'chromium');
  if (await exists(path)) return { dir, path };
  if (!(await exists(join(bin, 'chromium.br'))))
    throw new AppError(
      'browser_missing',
      'the package @sparticuz/chromium is incomplete; run npm ci again, or set RODEX_CHROMIUM_PATH',
    );
  try {
    await mkdir(cacheDir, { recursive: true });
    const release = await lockfile.lock(dir, {
      realpath: false,
      stale: 30_000,
      retries: { retries: 600, minTimeout: 100, maxTimeout: 200 },
    });
    try {
      if (!(await exists(path))) await unpackInto(dir, bin);
    } finally {
      await release();
    }
  } catch (error) {
    throw diskError(error, cacheDir);
  }
  return { dir, path };
}

interface Probe {
  readonly version: string | undefined;
  readonly missing: string | undefined;
  readonly message: string;
}

/** Starts the binary just far enough to say its version: the loader names what it lacks. */
function probe(path: string, env: Readonly<Record<string, string>>): Promise<Probe> {
  return new Promise((resolve) => {
    execFile(
      path,
      ['--version'],
      { timeout: 20_000, env: { HOME: homedir(), ...env } },
      (error, stdout, stderr) => {
        const missing = /error while loading shared libraries: ([^:\s]+)/.exec(stderr)?.[1];
        const version =
          /(\d+\.\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? (error ? undefined : stdout.trim());
        resolve({
          version,
          missing,
          message: (stderr || error?.message || '').trim().slice(0, 500),
        });
      },
    );
  });
}

function missingError(path: string, seen: Probe): AppError {
  if (seen.missing !== undefined)
    return new AppError(
      'browser_missing',
      `Chromium cannot start: the shared library ${seen.missing} is missing. Install it (Debian, Ubuntu: apt-get install ${PACKAGES}), or set RODEX_CHROMIUM_PATH to a Chromium that runs here`,
      { details: { library: seen.missing } },
    );
  return new AppError(
    'browser_missing',
    `Chromium at ${path} does not start: ${seen.message}. Set RODEX_CHROMIUM_PATH to a Chromium that runs here`,
  );
}

/** The packaged fonts, where the system describes none: without any, Chromium ends at the first text that it draws. */
async function fontsOf(
  dir: string,
  systemFonts = '/etc/fonts/fonts.conf',
): Promise<Readonly<Record<string, string>>> {
  if (await exists(systemFonts)) return {};
  // The package's own description names folders of the place it was made for.
  const file = join(dir, 'fonts.conf');
  const partial = `${file}.${process.pid}.partial`;
  const text = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${dir}/fonts/fonts</dir><cachedir>${dir}/fonts-cache</cachedir></fontconfig>
`;
  await writeFile(partial, text);
  await rename(partial, file);
  return { FONTCONFIG_FILE: file };
}

/** A Chromium that starts: the given one, or the packaged one, with its bundled libraries where the system has none. */
export async function findChromium(options: ChromiumBinaryOptions): Promise<ChromiumBinary> {
  if (options.executablePath !== undefined) {
    const seen = await probe(options.executablePath, {});
    if (seen.version === undefined) throw missingError(options.executablePath, seen);
    return { path: options.executablePath, version: seen.version, env: {} };
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new AppError(
      'unsupported_platform',
      'the packaged Chromium is for Linux on x64; set RODEX_CHROMIUM_PATH to a Chromium of this machine',
    );
  const { dir, path } = await unpacked(options.cacheDir);
  const fonts = await fontsOf(dir, options.systemFonts);
  const bundled = { LD_LIBRARY_PATH: join(dir, 'al2023', 'lib') };
  const seen = await probe(path, {});
  if (seen.version !== undefined) return { path, version: seen.version, env: fonts };
  if (seen.missing === undefined) throw missingError(path, seen);
  const again = await probe(path, bundled);
  if (again.version === undefined) throw missingError(path, again);
  return { path, version: again.version, env: { ...fonts, ...bundled } };
}
