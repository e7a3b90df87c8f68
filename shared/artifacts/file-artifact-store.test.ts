import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.ts';
import { openFileArtifactStore } from './file-artifact-store.ts';

const RUN = `run_${'0'.repeat(20)}`;
const text = { mediaType: 'text/plain' };
const CONTENT = Buffer.from('cookie=the-session-of-a-person');

describe('artifacts in files', () => {
  let root: string;
  let store: ArtifactStore;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rodex-artifacts-'));
    store = openFileArtifactStore({ dir: join(root, 'files'), keyFile: join(root, 'master.key') });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const files = async (): Promise<string[]> => {
    const entries = await readdir(join(root, 'files'), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  };
  const contentFile = async (): Promise<string> => {
    const [found = '', ...more] = (await files()).filter((file) => file.includes('/content/'));
    expect(more).toEqual([]);
    return found;
  };

  it('leaves encrypted content on the disk in no form that is easily read, plain content as it is', async () => {
    await store.put('a', RUN, 'state', CONTENT, { ...text, encrypted: true });
    expect((await readFile(await contentFile())).includes('session')).toBe(false);
    for (const file of await files()) {
      expect((await readFile(file, 'latin1')).includes('the-session')).toBe(false);
      expect((await stat(file)).mode & 0o077).toBe(0);
    }
    await store.put('a', RUN, 'state', CONTENT, text);
    expect((await readFile(await contentFile())).includes('the-session')).toBe(true);
  });

  it.each([true, false])(
    'notices any changed byte of the content (encrypted: %s)',
    async (encrypted) => {
      await store.put('a', RUN, 'f', CONTENT, { ...text, encrypted });
      const file = await contentFile();
      const original = await readFile(file);
      for (let at = 0; at < original.byteLength; at += 1) {
        const changed = Buffer.from(original);
        changed[at] = (changed[at] ?? 0) ^ 1;
        await writeFile(file, changed);
        await expect(store.get('a', RUN, 'f')).rejects.toMatchObject({ code: 'store_corrupt' });
      }
      await writeFile(file, original.subarray(1));
      await expect(store.get('a', RUN, 'f')).rejects.toMatchObject({ code: 'store_corrupt' });
      await rm(file);
      await expect(store.get('a', RUN, 'f')).rejects.toMatchObject({ code: 'store_corrupt' });
      await writeFile(file, original);
      expect(Buffer.from((await store.get('a', RUN, 'f')).content)).toEqual(CONTENT);
    },
  );

  it('does not decrypt what was moved to another run', async () => {
    await store.put('a', RUN, 'f', CONTENT, { ...text, encrypted: true });
    await rename(join(root, 'files', 'a'), join(root, 'files', 'b'));
    await expect(store.get('b', RUN, 'f')).rejects.toMatchObject({ code: 'store_corrupt' });
  });

  it('leaves nothing behind of what was too large, broke off or was replaced', async () => {
    const put = (content: Parameters<ArtifactStore['put']>[3]) =>
      store.put('a', RUN, 'f', content, { ...text, maxBytes: 100 });
    await expect(put(Buffer.alloc(101))).rejects.toMatchObject({ code: 'artifact_too_large' });
    expect(await files()).toEqual([]);
    const broken = async function* () {
      yield CONTENT;
      throw new Error('broke off');
    };
    await expect(put(broken())).rejects.toThrow('broke off');
    expect(await files()).toEqual([]);
    for (let time = 0; time < 3; time += 1) await put(CONTENT);
    expect(await files()).toHaveLength(2);
  });

  it('says that the disk is full when it is', async () => {
    const full = async function* () {
      yield CONTENT;
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    await expect(store.put('a', RUN, 'f', full(), text)).rejects.toMatchObject({
      code: 'disk_full',
      retryable: true,
    });
    expect(await files()).toEqual([]);
  });
});
