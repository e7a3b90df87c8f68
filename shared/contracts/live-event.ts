import { z } from 'zod';

import { LogEntry } from './log-entry.ts';
import { RunId } from './run.ts';

/** What a person who watches a run is sent. Log entries carry an id (`log-12`) to resume after; thoughts are shown and forgotten. */
export const LiveEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('entry'), entry: LogEntry }),
  z.strictObject({
    type: z.literal('thought'),
    runId: RunId,
    planEpoch: z.int(),
    text: z.string(),
  }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
