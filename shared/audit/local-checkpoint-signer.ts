import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

import type { CheckpointSigner } from './checkpoint-signer.ts';

/** PKCS #8 of an Ed25519 key (RFC 8410), up to its 32 bytes of seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Ed25519 from 32 secret bytes, derived from the master key of this machine. */
export function createLocalCheckpointSigner(name: string, seed: Uint8Array): CheckpointSigner {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    name,
    publicKey: async () => spki.subarray(-32),
    sign: async (message) => sign(null, message, key),
  };
}
