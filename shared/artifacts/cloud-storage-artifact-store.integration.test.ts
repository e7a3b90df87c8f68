import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';

import { GoogleAuth } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { CloudStorageEmulator } from '../emulators/cloud-storage-emulator.ts';
import { startCloudStorageEmulator } from '../emulators/cloud-storage-emulator.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { inChunks } from './artifact-store.contract.ts';
import { openCloudStorageArtifactStore, UPLOADS_PREFIX } from './cloud-storage-artifact-store.ts';

const RUN = `run_${'0'.repeat(20)}`;
const text = { mediaType: 'text/plain' };
const CONTENT = Buffer.from('cookie=the-session-of-a-person');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const authClient = new GoogleAuth({
  credentials: {
    client_email: 'rodex@demo.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  },
});

describe('artifacts in Cloud Storage', () => {
  let emulator: CloudStorageEmulator;
  let store: ArtifactStore;
  let key = Buffer.alloc(32, 7);
  let keyAsked = 0;
  beforeEach(async () => {
    key = Buffer.alloc(32, 7);
    keyAsked = 0;
    emulator = await startCloudStorageEmulator();
    store = open();
  });
  afterEach(() => emulator.close());
  const open = (): ArtifactStore =>
    openCloudStorageArtifactStore({
      projectId: 'demo',
      bucket: 'artifacts-of-demo',
      emulatorUrl: emulator.url,
      key: async () => {
        keyAsked += 1;
        return key;
      },
      partBytes: 256 * 1024,
      authClient,
    });
  const object = `artifacts/a/${RUN}/f`;

  it('stores what is small in one request, and asks for the key only for what is sealed', async () => {
    await store.put('a', RUN, 'f', CONTENT, text);
    expect(emulator.calls).toEqual({ insert: 1 });
    expect(keyAsked).toBe(0);
    await store.put('a', RUN, 'f', CONTENT, { ...text, encrypted: true });
    await store.get('a', RUN, 'f');
    expect(keyAsked).toBe(1);
  });

  it('uploads what is large in parts, aside, and leaves nothing there', async () => {
    const content = randomBytes(2 * 1024 * 1024 + 1);
    await store.put('a', RUN, 'f', inChunks(content, 70_001), { ...text, encrypted: true });
    expect(emulator.calls).toMatchObject({ resumable: 1, rewrite: 1, delete: 1 });
    expect(emulator.calls['insert']).toBeUndefined();
    expect(Buffer.compare((await store.get('a', RUN, 'f')).content, content)).toBe(0);
    expect([...emulator.objects.keys()]).toEqual([object]);
    const broken = async function* () {
      yield* inChunks(content, 70_001);
      throw new Error('broke off');
    };
    await expect(store.put('a', RUN, 'g', broken(), text)).rejects.toThrow('broke off');
    expect([...emulator.objects.keys()].filter((name) => name.startsWith(UPLOADS_PREFIX))).toEqual(
      [],
    );
  });

  it('goes on with a part that was refused for a moment', async () => {
    await store.put('a', RUN, 'f', CONTENT, text);
    emulator.failNext(503);
    expect(Buffer.from((await store.get('a', RUN, 'f')).content)).toEqual(CONTENT);
    emulator.failNext(503);
    await store.put('a', RUN, 'f', CONTENT, text);
  });

  it('leaves sealed content in the bucket in no form that is read without the key', async () => {
    await store.put('a', RUN, 'f', CONTENT, { ...text, encrypted: true });
    expect(Buffer.from(emulator.objects.get(object)?.content ?? []).includes('session')).toBe(
      false,
    );
    key = Buffer.alloc(32, 8);
    await expect(open().get('a', RUN, 'f')).rejects.toMatchObject({ code: 'store_corrupt' });
  });

  it.each([true, false])('notices a changed byte (encrypted: %s)', async (encrypted) => {
    await store.put('a', RUN, 'f', CONTENT, { ...text, encrypted });
    emulator.damage(object);
    await expect(store.get('a', RUN, 'f')).rejects.toMatchObject({ code: 'store_corrupt' });
  });

  it('signs a link for one object and a time, as an attachment', async () => {
    await store.put('a', RUN, 'f', CONTENT, text);
    const link = await store.link('a', RUN, 'f', { expiresAtMs: Date.now() + 60_000 });
    const url = new URL(link ?? '');
    expect(url.pathname).toContain(object);
    expect(Number(url.searchParams.get('X-Goog-Expires'))).toBeLessThanOrEqual(60);
    expect(url.searchParams.get('response-content-disposition')).toBe('attachment');
    const signature = url.searchParams.get('X-Goog-Signature') ?? '';
    expect(signature).toMatch(/^[0-9a-f]{512}$/);
    // Not over just anything: the same key does not vouch for another text.
    const other = createVerify('RSA-SHA256').update('another');
    expect(other.verify(publicKey, signature, 'hex')).toBe(false);
  });

  it.each([
    [403, 'permission_denied'],
    [401, 'permission_denied'],
  ])('answers %i as %s with the role that is lacking', async (status, code) => {
    emulator.failNext(status);
    await expect(store.put('a', RUN, 'f', CONTENT, text)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('roles/storage.objectUser') as string,
    });
  });
});
