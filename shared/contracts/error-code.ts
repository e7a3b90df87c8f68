import { z } from 'zod';

/**
 * Stable codes of everything that can go wrong. Outsiders rely on them: a code is never renamed or reused.
 * `shared/core/error-table.ts` maps each to an HTTP status, a message verdict and an exit status.
 */
export const ErrorCode = z.enum([
  // What the caller sent or configured
  'invalid_request',
  'invalid_config',
  'not_found',
  'already_exists',
  'unauthenticated',
  'permission_denied',
  'payload_too_large',
  'method_not_allowed',
  'not_acceptable',
  'precondition_failed',
  'range_not_satisfiable',
  'rate_limited',
  'quota_exceeded',
  'deadline_exceeded',
  'shutting_down',
  // The store and the bus
  'conflict',
  'store_unavailable',
  'store_corrupt',
  'store_locked',
  'disk_full',
  'newer_version',
  'bus_unavailable',
  'invalid_message',
  // Runs
  'needs_approval',
  'needs_input',
  'needs_resolution',
  'approval_denied',
  'run_cancelled',
  'run_paused',
  'run_expired',
  'lease_lost',
  'budget_exhausted',
  'no_progress',
  'goal_failed',
  'invalid_result',
  // The model
  'model_unavailable',
  'model_rejected',
  'model_stream_broken',
  'model_invalid_plan',
  'model_blocked',
  'goal_not_understood',
  // The browser and the page
  'browser_missing',
  'browser_launch_failed',
  'browser_lost',
  'page_crashed',
  'site_unreachable',
  'origin_refused',
  'scheme_refused',
  'target_stale',
  'target_not_found',
  'target_blocked',
  'action_timeout',
  'action_failed',
  'action_refused',
  'expectation_failed',
  'dialog_open',
  'secret_missing',
  'secret_refused',
  'log_in_limited',
  'artifact_too_large',
  // The log
  'audit_broken',
  // The machine
  'port_in_use',
  'unsupported_platform',
  'interrupted',
  'internal',
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** An error as it is stored and sent. `message` says what is wrong and how to cure it; it never holds a secret. */
export const ErrorInfo = z.strictObject({
  code: ErrorCode,
  message: z.string().max(4_000),
  retryable: z.boolean().default(false),
  details: z.record(z.string(), z.json()).optional(),
});
export type ErrorInfo = z.infer<typeof ErrorInfo>;
