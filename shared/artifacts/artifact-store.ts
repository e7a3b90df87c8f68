export interface ArtifactMetadata {
  readonly name: string;
  readonly bytes: number;
  /** `sha256:<hex>` of the content. */
  readonly digest: string;
  readonly mediaType: string;
}

/** Files of runs, under `{tenantId}/{runId}/{name}`; names are single safe path segments. */
export interface ArtifactStore {
  /**
   * Stores the whole content or nothing. `encrypted`: at rest under the platform's key (browser state).
   * Errors: `invalid_request` for an unsafe name, `artifact_too_large`, `disk_full`.
   */
  put(
    tenantId: string,
    runId: string,
    name: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: { mediaType: string; encrypted?: boolean; maxBytes?: number },
  ): Promise<ArtifactMetadata>;
  /** Errors: `not_found`, `store_corrupt` when the content does not match its digest. */
  get(
    tenantId: string,
    runId: string,
    name: string,
  ): Promise<{ metadata: ArtifactMetadata; content: Uint8Array }>;
  list(tenantId: string, runId: string): Promise<readonly ArtifactMetadata[]>;
  /** Removes everything of a run, what is encrypted too. What is not there is no error. */
  removeRun(tenantId: string, runId: string): Promise<void>;
  /**
   * A URL under which whoever has it may fetch the content, as an attachment, until it expires; undefined where the store has none
   * (files, encrypted content). Errors: `not_found`.
   */
  link(
    tenantId: string,
    runId: string,
    name: string,
    options: { expiresAtMs: number },
  ): Promise<string | undefined>;
}
