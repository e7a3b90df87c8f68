/** Encrypts the keys of runs under the platform's or a tenant's key: a local key, or a key service (KMS). */
export interface KeyWrap {
  /** Names the wrapping key and its version; stored beside what it wrapped. */
  readonly name: string;
  /** `place` is authenticated: what was wrapped for one place does not open at another. Errors: `store_unavailable`. */
  wrap(key: Uint8Array, place: string): Promise<string>;
  /** Errors: `store_corrupt` when it was wrapped by another key, for another place, or was changed; `store_unavailable`. */
  unwrap(wrapped: string, place: string): Promise<Uint8Array>;
}
