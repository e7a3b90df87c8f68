import type { LogEntry } from '../contracts/log-entry.ts';
import type { Run, RunStatus } from '../contracts/run.ts';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span of a run's trace; wall times in ms since the epoch. */
export interface SpanRecord {
  readonly runId: string;
  readonly name: string;
  /** Names it within the run; the same key gives the same span id. Empty: the run's own. */
  readonly key: readonly string[];
  /** Absent: below the run's own span. `undefined` for the run's own. */
  readonly parent?: readonly string[] | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** What went wrong, as a stable code. */
  readonly error?: string | undefined;
}

/** An entry of a run's log, and the run before and after it. */
export interface CommittedEntry {
  readonly before: Run | undefined;
  readonly run: Run;
  readonly entry: LogEntry;
}

/** What one call to the model used. */
export interface ModelUse {
  readonly model: string;
  readonly prompt: number;
  readonly cached: number;
  readonly output: number;
  readonly thoughts: number;
  readonly microUsd: number;
}

/**
 * Traces and metrics for whoever operates the platform. Nothing that is told here can fail or wait: what is not sent is lost, and no run
 * depends on it. Names, counts, codes and times only: never goals, page text, URLs or typed values.
 */
export interface Telemetry {
  /** Entries that were committed, in order. */
  entries(committed: readonly CommittedEntry[]): void;
  /** A span that no entry tells of. */
  span(record: SpanRecord): void;
  modelUsed(use: ModelUse): void;
  /** Runs that have not ended, by state, as the sweep found them. */
  openRuns(byStatus: Partial<Record<RunStatus, number>>): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

export const noTelemetry: Telemetry = {
  entries: () => undefined,
  span: () => undefined,
  modelUsed: () => undefined,
  openRuns: () => undefined,
  close: async () => undefined,
};
