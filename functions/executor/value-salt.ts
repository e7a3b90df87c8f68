import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import { saltPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

const Stored = z.strictObject({ schemaVersion: z.literal(1), salt: z.base64() });

/**
 * The secret under which a run's digests of values are keyed, made when the run first opens a browser. It is in a document of its own and
 * never in the log, so that whoever reads the log cannot guess short values; every executor of the run finds the same one.
 */
export async function saltOf(store: StateStore, { tenantId, runId }: Run): Promise<Uint8Array> {
  const path = saltPath(tenantId, runId);
  const read = async (): Promise<Uint8Array | undefined> => {
    const document = await store.get(path);
    return document && Buffer.from(Stored.parse(document.data).salt, 'base64');
  };
  const known = await read();
  if (known) return known;
  const salt = randomBytes(32);
  try {
    await store.commit([
      { op: 'create', path, data: { schemaVersion: 1, salt: salt.toString('base64') } },
    ]);
    return salt;
  } catch (error) {
    const made = AppError.is(error, 'conflict') ? await read() : undefined;
    if (!made) throw error;
    return made;
  }
}
