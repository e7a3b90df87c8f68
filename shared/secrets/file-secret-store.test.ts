import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFileSecretStore } from './file-secret-store.ts';

const VALUE = 'correct horse battery staple';

describe('secrets in files', () => {
  let dir: string;
  const keyFile = () => join(dir, 'master.key');
  const file = () => join(dir, 'a', 'one.json');
  beforeEach(async () => {
    dir = join(await mkdtemp(join(tmpdir(), 'rodex-secrets-')), 'secrets');
  });
  afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }));

  it('leaves the value on the disk in no form that is easily read', async () => {
    const store = openFileSecretStore({ dir });
    await store.set('a', 'one', VALUE, ['https://shop.example']);
    await store.set('a', 'one', `${VALUE}!`, ['https://shop.example']);
    const names = await readdir(dir, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name).toSorted()).toEqual(['master.key', 'one.json']);
    const bytes = Buffer.from(VALUE);
    for (const { parentPath, name } of files) {
      const content = await readFile(join(parentPath, name), 'latin1');
      expect(content).toContain(name === 'one.json' ? 'https://shop.example' : '');
      for (const form of ['utf8', 'base64', 'hex'] as const) {
        expect(content).not.toContain(bytes.toString(form).slice(0, 12));
      }
    }
  });

  it('keeps key, values and folders from other users', async () => {
    await openFileSecretStore({ dir }).set('a', 'one', VALUE, []);
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await mode(dir)).toBe(0o700);
    expect(await mode(join(dir, 'a'))).toBe(0o700);
    expect(await mode(keyFile())).toBe(0o600);
    expect(await mode(file())).toBe(0o600);
    expect((await readFile(keyFile())).byteLength).toBe(32);
  });

  it('notices any change of the stored file', async () => {
    const store = openFileSecretStore({ dir });
    await store.set('a', 'one', VALUE, ['https://shop.example']);
    const original = await readFile(file());
    for (let at = 0; at < original.byteLength; at += 1) {
      const changed = Buffer.from(original);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(file(), changed);
      await expect(store.get('a', 'one'), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/store_corrupt|newer_version/) as string,
      });
    }
    await writeFile(file(), original.subarray(0, -1));
    await expect(store.get('a', 'one')).rejects.toMatchObject({ code: 'store_corrupt' });
    await writeFile(file(), original);
    expect((await store.get('a', 'one'))?.value).toBe(VALUE);
  });

  it('does not take a secret that was moved to another name or tenant', async () => {
    const store = openFileSecretStore({ dir });
    await store.set('a', 'one', VALUE, []);
    await store.set('b', 'other', 'x', []);
    await rename(file(), join(dir, 'b', 'one.json'));
    await expect(store.get('b', 'one')).rejects.toMatchObject({ code: 'store_corrupt' });
    await expect(store.list('b')).rejects.toMatchObject({ code: 'store_corrupt' });
    await store.set('b', 'one', 'anew', []);
    expect((await store.get('b', 'one'))?.value).toBe('anew');
  });

  it('refuses a key that others may read, and says how to cure it', async () => {
    openFileSecretStore({ dir });
    await chmod(keyFile(), 0o640);
    expect(() => openFileSecretStore({ dir })).toThrow(/chmod 600/);
    await chmod(keyFile(), 0o600);
    openFileSecretStore({ dir });
  });

  it('refuses a damaged key, and makes no new one beside old secrets', async () => {
    await openFileSecretStore({ dir }).set('a', 'one', VALUE, []);
    await writeFile(keyFile(), 'short');
    expect(() => openFileSecretStore({ dir })).toThrow(
      expect.objectContaining({ code: 'store_corrupt' }),
    );
    await rm(keyFile());
    expect(() => openFileSecretStore({ dir })).toThrow(/is gone/);
  });

  it('does not open secrets with another key', async () => {
    const store = openFileSecretStore({ dir });
    await store.set('a', 'one', VALUE, []);
    await writeFile(keyFile(), Buffer.alloc(32, 7));
    await expect(openFileSecretStore({ dir }).get('a', 'one')).rejects.toMatchObject({
      code: 'store_corrupt',
    });
  });
});
