import { tenantLogPath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore } from '../state/state-store.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { noteKey, parseNoteKey, type NoteKey } from './signed-note.ts';

/**
 * The key that signs a tenant's checkpoints, and those that did before it, oldest first, as the tenant's log names them. Who does not
 * trust the platform keeps the keys as they were given to them, and goes by those.
 */
export async function signingKeys(
  { store, signer }: { readonly store: StateStore; readonly signer: CheckpointSigner },
  tenantId: string,
): Promise<{ key: NoteKey; earlierKeys: NoteKey[] }> {
  const key = noteKey(signer.name, await signer.publicKey());
  const documents = await store.query<StoredLogEntry>({
    collection: tenantLogPath(tenantId),
    where: [{ field: 'type', op: '==', value: 'key.signing' }],
  });
  // One after the other: a key may have come back.
  const known = documents.flatMap(({ data: { event } }) =>
    event?.type === 'key.signing' ? keyIn(event.key) : [],
  );
  const earlierKeys = known.at(-1)?.id === key.id ? known.slice(0, -1) : known;
  return { key, earlierKeys };
}

/** What is no key is damage of that entry, which verifying the log itself names. */
function keyIn(text: string): NoteKey[] {
  try {
    return [parseNoteKey(text)];
  } catch (error) {
    if (AppError.is(error, 'invalid_request')) return [];
    throw error;
  }
}
