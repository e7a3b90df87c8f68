import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SecretStore } from './secret-store.ts';

export interface SecretStoreHarness {
  open(): SecretStore | Promise<SecretStore>;
  dispose(): void | Promise<void>;
}

/** Every adapter of the secret store behaves like this. */
export function secretStoreContract(
  name: string,
  newHarness: () => Promise<SecretStoreHarness>,
): void {
  describe(`${name}: secret store contract`, () => {
    let harness: SecretStoreHarness;
    let store: SecretStore;
    beforeEach(async () => {
      harness = await newHarness();
      store = await harness.open();
    });
    afterEach(() => harness.dispose());
    const origins = ['https://shop.example', 'http://127.0.0.1:8080'];

    it('gives back what was set, after a restart too', async () => {
      const value = 'pässwörd \u{1f511}\n"\'\\ \u0000 end';
      await store.set('a', 'shop-login', value, origins);
      const found = { name: 'shop-login', value, origins };
      expect(await store.get('a', 'shop-login')).toMatchObject(found);
      store = await harness.open();
      const again = await store.get('a', 'shop-login');
      expect(again).toMatchObject(found);
      expect(again?.updatedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    });

    it('knows nothing of names that were not set, or were deleted', async () => {
      expect(await store.get('a', 'none')).toBeUndefined();
      await store.delete('a', 'none');
      await store.set('a', 'one', 'x', origins);
      await store.delete('a', 'one');
      expect(await store.get('a', 'one')).toBeUndefined();
      expect(await store.list('a')).toEqual([]);
    });

    it('replaces value and origins together', async () => {
      await store.set('a', 'one', 'old', origins);
      await store.set('a', 'one', 'new', []);
      expect(await store.get('a', 'one')).toMatchObject({ value: 'new', origins: [] });
    });

    it('keeps tenants apart', async () => {
      await store.set('a', 'one', 'of a', origins);
      await store.set('b', 'two', 'of b', origins);
      expect(await store.get('b', 'one')).toBeUndefined();
      expect((await store.list('a')).map((secret) => secret.name)).toEqual(['one']);
      await store.delete('b', 'one');
      expect((await store.get('a', 'one'))?.value).toBe('of a');
    });

    it('lists names and origins by name, never values', async () => {
      await store.set('a', 'two', 'value-two', []);
      await store.set('a', 'one', 'value-one', origins);
      const list = await store.list('a');
      expect(list.map((secret) => [secret.name, secret.origins])).toEqual([
        ['one', origins],
        ['two', []],
      ]);
      expect(JSON.stringify(list)).not.toContain('value-');
      expect(await store.list('nobody')).toEqual([]);
    });

    it.each(['', '.', '..', '../b/x', 'a/b', 'A', 'ü', 'a'.repeat(64), '-a', 'a.json', 'a\u0000'])(
      'refuses "%s" as a name and as a tenant',
      async (bad) => {
        const refused = { code: 'invalid_request' };
        await expect(store.get('a', bad)).rejects.toMatchObject(refused);
        await expect(store.set('a', bad, 'x', [])).rejects.toMatchObject(refused);
        await expect(store.delete('a', bad)).rejects.toMatchObject(refused);
        await expect(store.get(bad, 'one')).rejects.toMatchObject(refused);
        await expect(store.list(bad)).rejects.toMatchObject(refused);
      },
    );

    it('refuses what is no origin, an empty value and one over 64 KiB', async () => {
      for (const origin of [
        'shop.example',
        'https://shop.example/',
        'ftp://x',
        'https://*.x.io/a',
      ]) {
        await expect(store.set('a', 'one', 'x', [origin])).rejects.toMatchObject({
          code: 'invalid_request',
        });
      }
      await expect(store.set('a', 'one', '', [])).rejects.toMatchObject({
        code: 'invalid_request',
      });
      await expect(store.set('a', 'one', 'é'.repeat(32_769), [])).rejects.toMatchObject({
        code: 'payload_too_large',
      });
      await store.set('a', 'one', 'é'.repeat(32_768), []);
    });

    it('never answers half a secret while it is being replaced', async () => {
      const writers = Array.from({ length: 20 }, (_, n) =>
        store.set('a', 'one', `${n}`.repeat(200), [`https://h${n}.example`]),
      );
      await Promise.all([writers[0], store.set('a', 'two', 'x', [])]);
      for (let read = 0; read < 20; read += 1) {
        const found = await store.get('a', 'one');
        const n = /^https:\/\/h(\d+)\./.exec(found?.origins[0] ?? '')?.[1] ?? '';
        expect(found?.value).toBe(n.repeat(200));
      }
      await Promise.all(writers);
    });
  });
}
