export interface SecretMetadata {
  readonly name: string;
  /** Origins into which the value may be typed. */
  readonly origins: readonly string[];
  readonly updatedAt: string;
}

export interface Secret extends SecretMetadata {
  readonly value: string;
}

/** Named secrets of a tenant, encrypted at rest. Names: lower-case letters, digits, dashes, 63 at most. */
export interface SecretStore {
  /** Undefined when there is no such secret. Errors: `store_corrupt` when it does not decrypt. */
  get(tenantId: string, name: string): Promise<Secret | undefined>;
  set(tenantId: string, name: string, value: string, origins: readonly string[]): Promise<void>;
  list(tenantId: string): Promise<readonly SecretMetadata[]>;
  delete(tenantId: string, name: string): Promise<void>;
}
