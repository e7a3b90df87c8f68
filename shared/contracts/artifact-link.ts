import { z } from 'zod';

export const ArtifactInfo = z.strictObject({
  name: z.string(),
  bytes: z.int().min(0),
  /** `sha256:<hex>` of the content. */
  digest: z.string(),
  mediaType: z.string(),
});
export type ArtifactInfo = z.infer<typeof ArtifactInfo>;

/** Body of `POST /v1/runs/{runId}/artifacts/{name}/link`. */
export const ArtifactLinkRequest = z.strictObject({
  expiresInMs: z
    .int()
    .min(1_000)
    .max(7 * 86_400_000)
    .default(15 * 60_000),
});

export const ArtifactLink = z.strictObject({
  /** Relative to this API, unless the files live elsewhere. */
  url: z.string(),
  expiresAt: z.iso.datetime(),
});
export type ArtifactLink = z.infer<typeof ArtifactLink>;
