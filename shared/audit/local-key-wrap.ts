import { AppError } from '../core/errors.ts';
import { decrypt, encrypt } from './gcm.ts';
import type { KeyWrap } from './key-wrap.ts';

/** Wraps under a key of this machine, derived from its master key. */
export function createLocalKeyWrap(key: Uint8Array): KeyWrap {
  return {
    name: 'local/1',
    wrap: async (runKey, place) => encrypt(key, runKey, place).toString('base64'),
    unwrap: async (wrapped, place) => {
      const runKey = decrypt(key, Buffer.from(wrapped, 'base64'), place);
      if (runKey) return runKey;
      throw new AppError(
        'store_corrupt',
        `the key of ${place} does not open: it was changed, or belongs to another master key`,
      );
    },
  };
}
