import { readFile } from 'node:fs/promises';

export interface LedgerLine {
  readonly kind: string;
  readonly marker?: string;
  readonly effect: boolean;
}

/** The site's own record of what reached it, read from its file: the judge of the tests. */
export async function readLedger(file: string): Promise<LedgerLine[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}
