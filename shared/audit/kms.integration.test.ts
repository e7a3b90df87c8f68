import { createPublicKey, randomBytes, verify } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startKmsEmulator, type KmsEmulator } from '../emulators/kms-emulator.ts';
import { openKmsCheckpointSigner } from './kms-checkpoint-signer.ts';
import { openKmsKeyWrap } from './kms-key-wrap.ts';

const KEY = 'projects/p/locations/europe-west3/keyRings/rodex/cryptoKeys/runs';
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

describe('keys in Cloud KMS', () => {
  let emulator: KmsEmulator;
  let wrap: ReturnType<typeof openKmsKeyWrap>;
  let signer: ReturnType<typeof openKmsCheckpointSigner>;
  beforeEach(async () => {
    emulator = await startKmsEmulator();
    const emulatorHost = emulator.host;
    wrap = openKmsKeyWrap({ key: KEY, emulatorHost });
    const keyVersion = `${KEY}/cryptoKeyVersions/1`;
    signer = openKmsCheckpointSigner({ keyVersion, name: 'rodex/test', emulatorHost });
  });
  afterEach(async () => {
    await Promise.all([wrap.close(), signer.close()]);
    await emulator.close();
  });

  it('wrap the key of a run for its place alone', async () => {
    const key = randomBytes(32);
    const wrapped = await wrap.wrap(key, 'tenants/a/runs/r/key');
    expect(wrapped).not.toContain(key.toString('base64'));
    expect(Buffer.from(await wrap.unwrap(wrapped, 'tenants/a/runs/r/key'))).toEqual(key);
    const corrupt = { code: 'store_corrupt' };
    await expect(wrap.unwrap(wrapped, 'tenants/b/runs/r/key')).rejects.toMatchObject(corrupt);
    const changed = Buffer.from(wrapped, 'base64');
    changed[40] = (changed[40] ?? 0) ^ 1;
    await expect(
      wrap.unwrap(changed.toString('base64'), 'tenants/a/runs/r/key'),
    ).rejects.toMatchObject(corrupt);
  });

  it('sign what anybody can verify with the public key', async () => {
    const message = Buffer.from('rodex/test\n7\nhash\n');
    const der = Buffer.concat([SPKI, await signer.publicKey()]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const signature = await signer.sign(message);
    expect(signature).toHaveLength(64);
    expect(verify(null, message, key, signature)).toBe(true);
    expect(verify(null, Buffer.from('another'), key, signature)).toBe(false);
  });

  it('say which role is lacking, and that a key is not there', async () => {
    emulator.failNext(status.PERMISSION_DENIED);
    await expect(wrap.wrap(randomBytes(32), 'x')).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('roles/cloudkms.cryptoKeyEncrypterDecrypter') as string,
    });
    emulator.failNext(status.PERMISSION_DENIED);
    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({
      message: expect.stringContaining('roles/cloudkms.signerVerifier') as string,
    });
    emulator.failNext(status.NOT_FOUND);
    await expect(signer.publicKey()).rejects.toMatchObject({ code: 'invalid_config' });
  });

  it('do not take an answer that was changed on the way', async () => {
    const wrapped = await wrap.wrap(randomBytes(32), 'x');
    emulator.damage(true);
    const changed = { code: 'store_unavailable', retryable: true };
    await expect(wrap.unwrap(wrapped, 'x')).rejects.toMatchObject(changed);
    await expect(wrap.wrap(randomBytes(32), 'x')).rejects.toMatchObject(changed);
    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject(changed);
  });
});
