import type { ErrorCode } from '../contracts/error-code.ts';

type Verdict = 'ack' | 'nack' | 'dead-letter';
type Row = readonly [httpStatus: number, verdict: Verdict, exitStatus: number];

/** What each code means to HTTP callers, to the bus and to a shell. The one place that decides. */
const TABLE: Readonly<Record<ErrorCode, Row>> = {
  invalid_request: [400, 'dead-letter', 2],
  invalid_config: [500, 'nack', 2],
  not_found: [404, 'dead-letter', 2],
  already_exists: [409, 'ack', 2],
  unauthenticated: [401, 'dead-letter', 2],
  permission_denied: [403, 'dead-letter', 2],
  payload_too_large: [413, 'dead-letter', 2],
  method_not_allowed: [405, 'dead-letter', 2],
  not_acceptable: [406, 'dead-letter', 2],
  precondition_failed: [412, 'dead-letter', 2],
  range_not_satisfiable: [416, 'dead-letter', 2],
  rate_limited: [429, 'nack', 9],
  quota_exceeded: [429, 'nack', 9],
  deadline_exceeded: [504, 'nack', 9],
  shutting_down: [503, 'nack', 9],
  conflict: [409, 'nack', 1],
  store_unavailable: [503, 'nack', 8],
  store_corrupt: [500, 'nack', 10],
  store_locked: [503, 'nack', 8],
  disk_full: [507, 'nack', 8],
  newer_version: [409, 'nack', 8],
  bus_unavailable: [503, 'nack', 8],
  invalid_message: [400, 'dead-letter', 1],
  needs_approval: [409, 'ack', 3],
  needs_input: [409, 'ack', 4],
  needs_resolution: [409, 'ack', 5],
  approval_denied: [409, 'ack', 1],
  run_cancelled: [409, 'ack', 6],
  run_paused: [409, 'ack', 11],
  run_expired: [409, 'ack', 7],
  lease_lost: [409, 'ack', 1],
  budget_exhausted: [409, 'ack', 1],
  no_progress: [409, 'ack', 1],
  goal_failed: [422, 'ack', 1],
  invalid_result: [422, 'ack', 1],
  model_unavailable: [503, 'nack', 9],
  model_rejected: [502, 'ack', 2],
  model_stream_broken: [502, 'nack', 9],
  model_invalid_plan: [502, 'ack', 1],
  model_blocked: [502, 'ack', 1],
  goal_not_understood: [422, 'ack', 2],
  browser_missing: [500, 'nack', 8],
  browser_launch_failed: [500, 'nack', 8],
  browser_lost: [500, 'nack', 1],
  page_crashed: [500, 'nack', 1],
  site_unreachable: [502, 'ack', 9],
  origin_refused: [403, 'ack', 1],
  scheme_refused: [403, 'ack', 1],
  target_stale: [409, 'ack', 1],
  target_not_found: [404, 'ack', 1],
  target_blocked: [409, 'ack', 1],
  action_timeout: [504, 'ack', 1],
  action_failed: [500, 'ack', 1],
  action_refused: [403, 'ack', 1],
  expectation_failed: [409, 'ack', 1],
  dialog_open: [409, 'ack', 1],
  secret_missing: [422, 'ack', 2],
  secret_refused: [403, 'ack', 1],
  log_in_limited: [429, 'ack', 1],
  artifact_too_large: [413, 'ack', 1],
  audit_broken: [500, 'ack', 10],
  port_in_use: [500, 'nack', 8],
  unsupported_platform: [500, 'nack', 8],
  interrupted: [503, 'nack', 130],
  internal: [500, 'nack', 1],
};

export function httpStatus(code: ErrorCode): number {
  return TABLE[code][0];
}

/** Whether a message whose handling failed with this code is settled, tried again, or set aside. */
export function messageVerdict(code: ErrorCode): Verdict {
  return TABLE[code][1];
}

/** Exit status of a command that ends with this code; 0 is success. */
export function exitStatus(code: ErrorCode): number {
  return TABLE[code][2];
}
