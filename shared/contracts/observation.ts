import { z } from 'zod';

/**
 * What the eyes saw, as text made for a model; `text` follows the grammar `rodex-observation/1`
 * (docs/architecture/observation-grammar.md).
 */
export const Observation = z.strictObject({
  schemaVersion: z.literal(1),
  grammar: z.literal('rodex-observation/1'),
  kind: z.enum(['full', 'diff']),
  text: z.string(),
  /** Digest of `text`. */
  digest: z.string(),
  url: z.string(),
  title: z.string(),
  /** Changes whenever the main document of the current tab is replaced. */
  documentId: z.string(),
  tabId: z.string(),
  /** Number of refs in `text`. */
  refs: z.int(),
  /** True when the budget or the time cap left something out; the text says what. */
  truncated: z.boolean(),
  ms: z.number(),
});
export type Observation = z.infer<typeof Observation>;
