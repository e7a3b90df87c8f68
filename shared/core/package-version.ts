import { readFileSync } from 'node:fs';

/** The version of this package: from the nearest package.json above, in the checkout, in the compiled tarball and beside a bundle alike. */
export function packageVersion(): string {
  for (const up of ['./package.json', '../../package.json', '../../../package.json']) {
    try {
      const parsed = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (parsed.name === 'rodex' && parsed.version !== undefined) return parsed.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return '0.0.0';
}
