import { expect, it } from 'vitest';

import { makeCheckpoint } from '../audit/checkpointer.ts';
import { createLocalCheckpointSigner } from '../audit/local-checkpoint-signer.ts';
import { patrol } from '../audit/patrol.ts';
import { noteKey, type NoteKey } from '../audit/signed-note.ts';
import { signingKeys } from '../audit/signing-keys.ts';
import { verifyExport } from '../audit/verify-export.ts';
import { tenantLogEntryPath } from '../contracts/paths.ts';
import { AuditedTenant, signer } from './__fixtures__/audited-tenant.ts';

const next = createLocalCheckpointSigner('rodex/test', Buffer.alloc(32, 2));
const keyOf = async (of: typeof signer): Promise<NoteKey> => noteKey(of.name, await of.publicKey());

it('an entry that names no key is damage, and keeps nobody from looking for it', async () => {
  const tenant = new AuditedTenant();
  await tenant.start(1);
  await tenant.checkpoint();
  const path = tenantLogEntryPath('local', 0);
  const stored = await tenant.deps.store.get(path);
  const data = { ...stored?.data, event: { type: 'key.signing', key: 'none' } };
  await tenant.deps.store.commit([{ op: 'update', path, data, ifVersion: stored?.version ?? '' }]);
  await patrol(tenant.audited, 'local');
  expect(await tenant.events()).toContainEqual(
    expect.objectContaining({ type: 'damage', runId: 'tenant', seq: 0 }),
  );
});

it('a log that two keys signed, one after the other, verifies with both, and the patrol finds no damage', async () => {
  const tenant = new AuditedTenant();
  const { archive, audited } = tenant;
  await tenant.start(1);
  await tenant.checkpoint();
  const first = (await archive.get('local/000000000002.checkpoint'))?.toString() ?? '';
  await tenant.start(2);
  const since = { ...audited, signer: next };
  expect(await makeCheckpoint(since, 'local')).toBe(4);
  const [old, key] = [await keyOf(signer), await keyOf(next)];
  expect(await signingKeys(since, 'local')).toEqual({ key, earlierKeys: [old] });
  const verify = async (options: { key: NoteKey; earlierKeys?: NoteKey[]; since?: string }) =>
    verifyExport(archive, { tenantId: 'local', ...options });
  expect(await verify({ key, earlierKeys: [old], since: first })).toMatchObject({
    ok: true,
    size: 4,
  });
  await patrol(since, 'local');
  expect(await tenant.events()).not.toContainEqual(expect.objectContaining({ type: 'damage' }));

  const wrong = { ok: false, damage: 'wrong-key' };
  expect(await verify({ key })).toMatchObject({ ...wrong, index: 1 });
  expect(await verify({ key: old })).toMatchObject({ ...wrong, index: 3 });
  // Whoever has the old key signs nothing any more,
  await tenant.start(3);
  expect(await makeCheckpoint(audited, 'local')).toBe(6);
  expect(await verify({ key, earlierKeys: [old] })).toMatchObject(wrong);
  // unless the log says that it came back.
  const again = await signingKeys(audited, 'local');
  expect(again).toEqual({ key: old, earlierKeys: [old, key] });
  expect(await verify(again)).toMatchObject({ ok: true, size: 6 });
});
