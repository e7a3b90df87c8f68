import { z } from 'zod';

import { runPath } from '../../../shared/contracts/paths.ts';
import { RunId, type Run } from '../../../shared/contracts/run.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { ContentOf } from '../route.ts';
import type { StateStore, StoredDocument } from '../../../shared/state/state-store.ts';

export const RunParams = z.strictObject({ runId: RunId });

/** The run of the path: what a reading route shows. */
export const contentOf = ({
  tenantId,
  params: { runId },
}: {
  readonly tenantId: string;
  readonly params: { readonly runId: string };
}): ContentOf => ({ tenantId, runId });

export const limitOf = (byDefault: number, max = 200) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(max)
    .default(byDefault)
    .describe(`how many at most, 1 to ${max}`);

/** The run, if it is this tenant's. */
export async function readRun(
  store: StateStore,
  tenantId: string,
  runId: string,
): Promise<StoredDocument<Run>> {
  const document = await store.get<Run>(runPath(tenantId, runId));
  if (!document)
    throw new AppError('not_found', `there is no run ${runId}; \`rodex runs\` lists what there is`);
  return document;
}
