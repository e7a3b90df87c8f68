import { createHash, randomBytes } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.ts';

export interface ArtifactStoreHarness {
  open(): ArtifactStore | Promise<ArtifactStore>;
  dispose(): void | Promise<void>;
}

const RUN = `run_${'0'.repeat(20)}`;
const text = { mediaType: 'text/plain' };
const digest = (content: Uint8Array) =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

export async function* inChunks(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size);
}

/** Every adapter of the artifact store behaves like this. */
export function artifactStoreContract(
  name: string,
  newHarness: () => Promise<ArtifactStoreHarness>,
): void {
  describe(`${name}: artifact store contract`, () => {
    let harness: ArtifactStoreHarness;
    let store: ArtifactStore;
    beforeEach(async () => {
      harness = await newHarness();
      store = await harness.open();
    });
    afterEach(() => harness.dispose());

    it.each([
      [0, false],
      [1, true],
      [0, true],
      [1_000_003, false],
      [1_000_003, true],
    ])('gives back %d bytes as they were stored (encrypted: %s)', async (size, encrypted) => {
      const content = randomBytes(size);
      const expected = { name: 'f', bytes: size, digest: digest(content), ...text };
      const options = { ...text, encrypted };
      expect(await store.put('a', RUN, 'f', content, options)).toEqual(expected);
      store = await harness.open();
      const found = await store.get('a', RUN, 'f');
      expect(found.metadata).toEqual(expected);
      expect(Buffer.compare(found.content, content)).toBe(0);
      const stream = inChunks(content, 65_537);
      expect(await store.put('a', RUN, 'streamed', stream, options)).toMatchObject({
        digest: expected.digest,
      });
      expect(Buffer.compare((await store.get('a', RUN, 'streamed')).content, content)).toBe(0);
    });

    it('replaces an artifact as a whole, and lists the rest by name', async () => {
      await store.put('a', RUN, 'b.pdf', Buffer.from('old'), { mediaType: 'application/pdf' });
      await store.put('a', RUN, 'b.pdf', Buffer.from('newer'), { ...text, encrypted: true });
      await store.put('a', RUN, 'a b ü.txt', Buffer.from('x'), text);
      expect((await store.list('a', RUN)).map((item) => [item.name, item.bytes])).toEqual([
        ['a b ü.txt', 1],
        ['b.pdf', 5],
      ]);
      expect(Buffer.from((await store.get('a', RUN, 'b.pdf')).content).toString()).toBe('newer');
    });

    it('knows nothing of what was not stored, or is another run’s or tenant’s', async () => {
      await store.put('a', RUN, 'f', Buffer.from('x'), text);
      const missing = { code: 'not_found' };
      await expect(store.get('a', RUN, 'g')).rejects.toMatchObject(missing);
      await expect(store.get('b', RUN, 'f')).rejects.toMatchObject(missing);
      await expect(store.get('a', `${RUN.slice(0, -1)}1`, 'f')).rejects.toMatchObject(missing);
      expect(await store.list('b', RUN)).toEqual([]);
    });

    it.each([
      '',
      '.',
      '..',
      '...',
      '/',
      'a/b',
      '../f',
      'a\\b',
      'a\u0000',
      'a\nb',
      ' a',
      '\ud800',
      'x'.repeat(201),
      '\u202ea',
    ])('refuses the name %j', async (bad) => {
      const refused = { code: 'invalid_request' };
      await expect(store.put('a', RUN, bad, Buffer.from('x'), text)).rejects.toMatchObject(refused);
      await expect(store.get('a', RUN, bad)).rejects.toMatchObject(refused);
      await expect(store.list('a', `../${bad}`)).rejects.toMatchObject(refused);
      await expect(store.list(`../${bad}`, RUN)).rejects.toMatchObject(refused);
    });

    it('gives a link under which the content can be fetched, or none', async () => {
      await store.put('a', RUN, 'open', Buffer.from('for all'), text);
      await store.put('a', RUN, 'sealed', Buffer.from('for nobody'), { ...text, encrypted: true });
      const expiresAtMs = Date.now() + 60_000;
      const link = await store.link('a', RUN, 'open', { expiresAtMs });
      if (link !== undefined) expect(await (await fetch(link)).text()).toBe('for all');
      expect(await store.link('a', RUN, 'sealed', { expiresAtMs })).toBeUndefined();
      await expect(store.link('a', RUN, 'none', { expiresAtMs })).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('removes all of a run, and nothing of another', async () => {
      await store.put('a', RUN, 'open', Buffer.from('1'), text);
      await store.put('a', RUN, 'sealed', Buffer.from('2'), { ...text, encrypted: true });
      await store.put('a', `${RUN}x`, 'f', Buffer.from('3'), text);
      await store.put('b', RUN, 'f', Buffer.from('4'), text);
      await store.removeRun('a', RUN);
      expect(await store.list('a', RUN)).toEqual([]);
      await expect(store.get('a', RUN, 'sealed')).rejects.toMatchObject({ code: 'not_found' });
      expect(await store.list('a', `${RUN}x`)).toHaveLength(1);
      expect(await store.list('b', RUN)).toHaveLength(1);
      await store.removeRun('a', RUN);
    });

    it('takes names that look like its own files', async () => {
      for (const odd of ['f', 'f.json', '.tmp-1', 'names', 'content', '.hidden', 'x'.repeat(195)]) {
        await store.put('a', RUN, odd, Buffer.from(odd), text);
      }
      expect(await store.list('a', RUN)).toHaveLength(7);
      expect(Buffer.from((await store.get('a', RUN, 'f.json')).content).toString()).toBe('f.json');
    });

    it.each([false, true])(
      'stores nothing that is too large (encrypted: %s)',
      async (encrypted) => {
        const options = { ...text, maxBytes: 1_000, encrypted };
        await store.put('a', RUN, 'exact', Buffer.alloc(1_000), options);
        const before = await store.list('a', RUN);
        const large = { code: 'artifact_too_large' };
        await expect(store.put('a', RUN, 'f', Buffer.alloc(1_001), options)).rejects.toMatchObject(
          large,
        );
        const stream = inChunks(Buffer.alloc(100_000), 300);
        await expect(store.put('a', RUN, 'exact', stream, options)).rejects.toMatchObject(large);
        expect(await store.list('a', RUN)).toEqual(before);
        await expect(store.get('a', RUN, 'f')).rejects.toMatchObject({ code: 'not_found' });
        expect((await store.get('a', RUN, 'exact')).content).toHaveLength(1_000);
      },
    );

    it('stores nothing when the source breaks off, and passes its error on', async () => {
      const broken = async function* () {
        yield Buffer.from('half');
        throw new Error('the download broke off');
      };
      await expect(store.put('a', RUN, 'f', broken(), text)).rejects.toThrow('broke off');
      expect(await store.list('a', RUN)).toEqual([]);
    });

    it('never gives half an artifact while it is being replaced', async () => {
      await store.put('a', RUN, 'f', Buffer.alloc(100_000, 0), text);
      const writers = Array.from({ length: 10 }, (_, n) =>
        store.put('a', RUN, 'f', inChunks(Buffer.alloc(100_000, n), 9_999), text),
      );
      for (let read = 0; read < 20; read += 1) {
        const { content } = await store.get('a', RUN, 'f');
        expect(content).toHaveLength(100_000);
        expect(new Set(content).size).toBe(1);
      }
      await Promise.all(writers);
    });
  });
}
