/** Write-once objects outside the reach of whoever can write the store: a bucket with locked retention, or a directory. */
export interface AuditArchive {
  /**
   * Stores an object for good. The same bytes again are no error. There is no way to replace or remove one.
   * Errors: `audit_broken` when the name holds other bytes, `store_unavailable`, `disk_full`.
   */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Undefined when there is none. */
  get(name: string): Promise<Buffer | undefined>;
  /** Names under a prefix, in order. */
  list(prefix: string): Promise<readonly string[]>;
}
