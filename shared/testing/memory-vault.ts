import { createLocalKeyWrap } from '../audit/local-key-wrap.ts';
import { RunVault } from '../audit/run-vault.ts';

/** Keys of runs under a key that nobody keeps. */
export function memoryVault(): RunVault {
  return new RunVault(createLocalKeyWrap(new Uint8Array(32)));
}
