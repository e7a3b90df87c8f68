import { createHash } from 'node:crypto';

function hexOf(parts: readonly string[], bytes: number): string {
  return createHash('sha256')
    .update(JSON.stringify(parts))
    .digest('hex')
    .slice(0, 2 * bytes);
}

/**
 * The trace of a run (W3C: 16 bytes as hex). It follows from the run's id, so that every process that meets the run, in whatever message
 * or request, and after whatever restart, writes into the same trace.
 */
export function traceIdOf(runId: string): string {
  return hexOf(['trace', runId], 16);
}

/** A span of a run's trace (8 bytes as hex); without parts the whole run's. */
export function spanIdOf(runId: string, ...parts: readonly string[]): string {
  return hexOf(['span', runId, ...parts], 8);
}
