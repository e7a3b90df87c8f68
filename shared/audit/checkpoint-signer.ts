/** Signs checkpoints with a key that executors cannot use: a key service (KMS, EC_SIGN_ED25519), or a local key. */
export interface CheckpointSigner {
  /** Name of the key in signed notes: no white space, no `+`; such as `rodex/acme-prod`. */
  readonly name: string;
  /** Raw Ed25519 public key, 32 bytes. */
  publicKey(): Promise<Uint8Array>;
  /** Pure Ed25519 signature (64 bytes) of exactly these bytes. Errors: `store_unavailable`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
