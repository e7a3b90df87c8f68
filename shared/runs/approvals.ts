import type { Run } from '../contracts/run.ts';

/** The yes that holds for exactly this, if one was given and is neither used nor out of date. */
export function approvalFor(run: Run, commitDigest: string, nowMs: number): string | undefined {
  return run.approvals.find(
    (given) =>
      given.commitDigest === commitDigest &&
      (given.expiresAt === undefined || nowMs < Date.parse(given.expiresAt)),
  )?.requestId;
}
