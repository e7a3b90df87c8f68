import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { makeCheckpoint } from '../audit/checkpointer.ts';
import { proveEntry } from '../audit/prove-entry.ts';
import { RunVault } from '../audit/run-vault.ts';
import { formatNoteKey, noteKey, parseNoteKey } from '../audit/signed-note.ts';
import { verifyExport } from '../audit/verify-export.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { startKmsEmulator, type KmsEmulator } from '../emulators/kms-emulator.ts';
import { RunJournal } from '../journal/run-journal.ts';
import { readRunLog } from '../journal/run-log.ts';
import { openMemoryMessageBus } from '../testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import { MemoryArchive } from '../testing/sample-export.ts';
import { gcpKeys } from './gcp-keys.ts';

const RING = 'projects/p/locations/europe-west3/keyRings/rodex/cryptoKeys';
const NAMED = {
  kmsKey: `${RING}/run-keys`,
  kmsSigningKey: `${RING}/checkpoints/cryptoKeyVersions/1`,
};
const RUN = `run_${'0'.repeat(20)}`;
const SCRIPT = resolve(import.meta.dirname, '../../docs/security/verify-audit.mjs');
let emulator: KmsEmulator;
let stack: AsyncDisposableStack;
let derived: string[];
const key = {
  derive: async (purpose: string) => {
    derived.push(purpose);
    return new Uint8Array(32).fill(purpose.length);
  },
};

beforeEach(async () => {
  derived = [];
  stack = new AsyncDisposableStack();
  emulator = await startKmsEmulator();
  stack.defer(async () => emulator.close());
});
afterEach(async () => stack.disposeAsync());

it('with keys named in KMS, logs are sealed and signed there, and whoever has the public key can check them', async () => {
  const { signer, keyWrap } = gcpKeys(NAMED, key, stack, emulator.host);
  const deps = {
    store: openMemoryStateStore(),
    bus: openMemoryMessageBus(),
    vault: new RunVault(keyWrap),
    clock: systemClock,
    log: silentLogger,
    archive: new MemoryArchive(),
    signer,
  };
  const journal = await RunJournal.create(deps, 'user:ada', 'acme', RUN, {
    type: 'run.created',
    goal: 'g',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
  });
  await journal.append(() => [{ type: 'run.ended', status: 'succeeded', result: 'r' }]);
  // Another process has to unwrap the key.
  const entries = await readRunLog({ ...deps, vault: new RunVault(keyWrap) }, 'acme', RUN);
  expect(entries.map(({ event }) => event.type)).toEqual(['run.created', 'run.ended']);
  expect(await makeCheckpoint(deps, 'acme')).toBe(3);
  // The line that `rodex audit key` prints, in the form of C2SP: name, id, and type 1 (Ed25519) with 32 bytes.
  const line = formatNoteKey(noteKey(signer.name, await signer.publicKey()));
  expect(line).toMatch(/^rodex\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}$/);
  expect(Buffer.from(line.split('+').slice(2).join('+'), 'base64')[0]).toBe(1);
  const verdict = await verifyExport(deps.archive, { tenantId: 'acme', key: parseNoteKey(line) });
  expect(verdict).toMatchObject({ ok: true, size: 3 });
  expect(derived).toEqual([]);

  const dir = await mkdtemp(join(tmpdir(), 'rodex-kms-'));
  stack.defer(async () => rm(dir, { recursive: true, force: true }));
  const proof = join(dir, 'proof.json');
  const proved = await proveEntry(deps.archive, 'acme', { runId: RUN, seq: 1 });
  await writeFile(proof, JSON.stringify(proved));
  const checked = spawnSync(process.execPath, [SCRIPT, proof, line], { encoding: 'utf8' });
  expect(checked.stdout + checked.stderr).toMatch(/^PROVED: entry 1 of run_0+ /);
});

it('asks KMS and nobody else: an answer of it that was changed on the way is refused', async () => {
  const { signer, keyWrap } = gcpKeys(NAMED, key, stack, emulator.host);
  emulator.damage(true);
  const changed = { code: 'store_unavailable', retryable: true };
  await expect(signer.sign(Buffer.of(1))).rejects.toMatchObject(changed);
  await expect(keyWrap.wrap(Buffer.alloc(32), 'x')).rejects.toMatchObject(changed);
  expect(derived).toEqual([]);
});

it('without names, keys are derived from the master key, one for each purpose', async () => {
  const { signer, keyWrap } = gcpKeys(
    { kmsKey: undefined, kmsSigningKey: undefined },
    key,
    stack,
    emulator.host,
  );
  expect(await signer.publicKey()).toHaveLength(32);
  expect(await keyWrap.unwrap(await keyWrap.wrap(Buffer.alloc(32, 3), 'x'), 'x')).toHaveLength(32);
  expect(derived).toEqual(['checkpoints v1', 'run keys v1']);
});

it('refuses a key that signs in another way: signed notes have none but Ed25519', async () => {
  const other = await startKmsEmulator('EC_SIGN_P256_SHA256');
  stack.defer(async () => other.close());
  const { signer } = gcpKeys(NAMED, key, stack, other.host);
  await expect(signer.publicKey()).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringMatching(/EC_SIGN_P256_SHA256.*EC_SIGN_ED25519/) as string,
  });
});
