// What the applied configuration follows from: a change of any of these makes applied.json stale.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
export const APPLIED = join(import.meta.dirname, 'applied.json');
export const READ_BY_TERRAFORM = [
  'shared/platform/gcp-topology.json',
  'shared/state/firestore-indexes.json',
];
const ALSO = ['.ci/terraform/provider-schema.json', '.ci/terraform/applied-with.json'];

/** Paths from the root of the checkout. */
export function terraformFiles() {
  return readdirSync(join(ROOT, 'terraform'), { recursive: true })
    .filter((name) => name.endsWith('.tf') && !name.includes('.terraform'))
    .map((name) => `terraform/${name}`)
    .toSorted();
}

export function digestOfSources() {
  const hash = createHash('sha256');
  for (const path of [...terraformFiles(), ...READ_BY_TERRAFORM, ...ALSO])
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  return hash.digest('hex');
}
