import { GivenSecret } from '../contracts/given-secret.ts';
import { givenSecretPath } from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';
import type { RunVault } from '../audit/run-vault.ts';
import type { Secret } from '../secrets/secret-store.ts';
import type { StateStore, Write } from '../state/state-store.ts';

interface GivenDeps {
  readonly store: StateStore;
  readonly vault: RunVault;
}

type Whose = Pick<Run, 'tenantId' | 'runId'>;

/** Keeps what a person gave; belongs in the batch that records that they did. Given again, it takes the place of what was there. */
export async function keepGiven(
  { store, vault }: GivenDeps,
  { tenantId, runId }: Whose,
  { name, origin }: { readonly name: string; readonly origin: string },
  value: string,
): Promise<Write> {
  const path = givenSecretPath(tenantId, runId, name);
  const cipher = await vault.cipher(store, tenantId, runId);
  if (!cipher) throw new AppError('not_found', `run ${runId} was erased`);
  const data: GivenSecret = {
    schemaVersion: 1,
    name,
    origin,
    sealed: cipher.sealText(path, value),
  };
  const before = await store.get(path);
  return before
    ? { op: 'update', path, data, ifVersion: before.version }
    : { op: 'create', path, data };
}

/** Errors: `store_corrupt`. */
export async function readGiven(
  { store, vault }: GivenDeps,
  { tenantId, runId }: Whose,
  name: string,
): Promise<Secret | undefined> {
  const path = givenSecretPath(tenantId, runId, name);
  const [document, cipher] = await Promise.all([
    store.get(path),
    vault.cipher(store, tenantId, runId),
  ]);
  if (!document || !cipher) return undefined;
  const given = GivenSecret.parse(document.data);
  const value = cipher.openText(path, given.sealed);
  return { name, value, origins: [given.origin], updatedAt: '' };
}

/** What people gave a run to type goes with its end. */
export function forgetGiven(
  before: Run,
  { endedAt, tenantId, runId, givenSecrets = [] }: Run,
): Write[] {
  if (endedAt === undefined || before.endedAt !== undefined) return [];
  return givenSecrets.map((name) => ({
    op: 'delete',
    path: givenSecretPath(tenantId, runId, name),
  }));
}
