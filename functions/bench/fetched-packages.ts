import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { AppError } from '../../shared/core/errors.ts';

/**
 * Installs packages with npm once into `folder`, outside the product: what the bench compares with and shows, never what Rodex needs.
 * Their install scripts do not run.
 */
export async function fetchPackages(
  folder: string,
  packages: Readonly<Record<string, string>>,
  note: (text: string) => void,
): Promise<void> {
  const wanted = JSON.stringify({ private: true, dependencies: packages });
  const done = join(folder, 'fetched.json');
  if ((await readFile(done, 'utf8').catch(() => '')) === wanted) return;
  await mkdir(folder, { recursive: true });
  note(`fetching ${Object.keys(packages).length} packages into ${folder}`);
  await writeFile(join(folder, 'package.json'), wanted);
  try {
    await promisify(execFile)(
      'npm',
      ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'],
      { cwd: folder, timeout: 600_000 },
    );
  } catch (error) {
    throw new AppError(
      'internal',
      `${Object.keys(packages).join(', ')} cannot be fetched into ${folder}: ${((error as { stderr?: string }).stderr ?? (error as Error).message).slice(0, 300)}`,
      { cause: error },
    );
  }
  await writeFile(done, wanted);
}
