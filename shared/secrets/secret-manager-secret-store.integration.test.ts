import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SecretManagerEmulator } from '../emulators/secret-manager-emulator.ts';
import { startSecretManagerEmulator } from '../emulators/secret-manager-emulator.ts';
import { CURRENT, openSecretManagerSecretStore, secretId } from './secret-manager-secret-store.ts';

const projectId = 'demo-secrets';
const ORIGINS = ['https://shop.example'];

describe('secrets in Secret Manager', () => {
  let emulator: SecretManagerEmulator;
  let now = 0;
  let store: ReturnType<typeof openSecretManagerSecretStore>;
  let client: SecretManagerServiceClient;
  const clock = { iso: () => '2026-11-27T00:00:00.000Z', monotonicMs: () => now };
  const name = `projects/${projectId}/secrets/${secretId('a', 'one')}`;
  beforeEach(async () => {
    now = 1_000;
    emulator = await startSecretManagerEmulator();
    const options = { projectId, emulatorHost: emulator.host, cacheMs: 60_000, clock };
    store = openSecretManagerSecretStore(options);
    const port = Number(emulator.host.split(':')[1]);
    const sslCreds = credentials.createInsecure();
    client = new SecretManagerServiceClient({
      projectId,
      apiEndpoint: '127.0.0.1',
      port,
      sslCreds,
    });
  });
  afterEach(async () => {
    await Promise.all([store.close(), client.close()]);
    await emulator.close();
  });

  it('asks once as long as the value may be kept, and again after', async () => {
    await store.set('a', 'one', 'x', ORIGINS);
    for (let time = 0; time < 3; time += 1) await store.get('a', 'one');
    expect(emulator.calls['accessSecretVersion']).toBe(1);
    now += 60_001;
    await store.get('a', 'one');
    expect(emulator.calls['accessSecretVersion']).toBe(2);
  });

  it('takes a rotation by hand when what it kept is over: a new version, then the alias', async () => {
    await store.set('a', 'one', 'old', ORIGINS);
    await store.get('a', 'one');
    await client.addSecretVersion({ parent: name, payload: { data: Buffer.from('new') } });
    now += 60_001;
    expect((await store.get('a', 'one'))?.value).toBe('old');
    await client.updateSecret({
      secret: { name, versionAliases: { [CURRENT]: 2 } },
      updateMask: { paths: ['version_aliases'] },
    });
    now += 60_001;
    expect(await store.get('a', 'one')).toMatchObject({ value: 'new', origins: ORIGINS });
  });

  it('reads the version that a label names where there is no alias, and nothing where neither is', async () => {
    const made = async (id: string, labels: Record<string, string>): Promise<void> => {
      const parent = `projects/${projectId}`;
      const secretName = secretId('a', id);
      await client.createSecret({
        parent,
        secretId: secretName,
        secret: { replication: { automatic: {} }, labels },
      });
      await client.addSecretVersion({
        parent: `${parent}/secrets/${secretName}`,
        payload: { data: Buffer.from(`first ${id}`) },
      });
    };
    await made('one', { 'rodex-version': '1' });
    await made('two', {});
    expect((await store.get('a', 'one'))?.value).toBe('first one');
    expect(await store.get('a', 'two')).toBeUndefined();
    await store.set('a', 'one', 'second', ORIGINS);
    expect((await store.get('a', 'one'))?.value).toBe('second');
  });

  it('leaves of what was replaced only the version before', async () => {
    for (const value of ['1', '2', '3']) await store.set('a', 'one', value, ORIGINS);
    const states = [1, 2, 3].map(async (version) =>
      client.accessSecretVersion({ name: `${name}/versions/${version}` }).then(
        () => 'there',
        () => 'destroyed',
      ),
    );
    expect(await Promise.all(states)).toEqual(['destroyed', 'there', 'there']);
  });

  it('notices a value that is not what was stored', async () => {
    await store.set('a', 'one', 'x', ORIGINS);
    emulator.damage();
    await expect(store.get('a', 'one')).rejects.toMatchObject({ code: 'store_corrupt' });
  });

  it('says which role is lacking, never the value, and tries again what passes', async () => {
    emulator.failNext('createSecret', status.PERMISSION_DENIED);
    const refused = store.set('a', 'one', 'the-value', ORIGINS);
    await expect(refused).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('roles/secretmanager.admin') as string,
    });
    await expect(refused).rejects.not.toMatchObject({
      message: expect.stringContaining('the-value') as string,
    });
    await store.set('a', 'one', 'x', ORIGINS);
    emulator.failNext('accessSecretVersion', status.UNAVAILABLE);
    expect((await store.get('a', 'one'))?.value).toBe('x');
    expect(emulator.calls['accessSecretVersion']).toBe(2);
  });
});
