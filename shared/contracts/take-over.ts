import { z } from 'zod';

import { RunId } from './run.ts';

const Pixel = z.int().min(0).max(20_000);
const at = { x: Pixel, y: Pixel };

/**
 * What a person who has taken over the browser of a run does in it, in CSS pixels of the viewport. Body of
 * `POST /v1/runs/{id}/take-over/inputs`.
 */
export const TakeOverInput = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('click'),
    ...at,
    button: z.enum(['left', 'middle', 'right']).default('left'),
    count: z.int().min(1).max(3).default(1),
  }),
  z.strictObject({ do: z.literal('move'), ...at }),
  z.strictObject({
    do: z.literal('scroll'),
    ...at,
    dx: z.int().min(-10_000).max(10_000).default(0),
    dy: z.int().min(-10_000).max(10_000).default(0),
  }),
  z.strictObject({ do: z.literal('type'), text: z.string().min(1).max(2_000) }),
  z.strictObject({
    do: z.literal('press'),
    key: z
      .string()
      .regex(/^[\x21-\x7e]{1,40}$/)
      .describe('Enter, Tab, ArrowDown, Control+A, …'),
  }),
]);
export type TakeOverInput = z.infer<typeof TakeOverInput>;

/** An input on its way to the browser, sealed under the run's key: it may be a password. At `…/runs/{r}/inputs/{seq of its entry}`. */
export const StoredTakeOverInput = z.strictObject({
  schemaVersion: z.literal(1),
  runId: RunId,
  requestId: z.string(),
  sealed: z.base64(),
});
export type StoredTakeOverInput = z.infer<typeof StoredTakeOverInput>;
