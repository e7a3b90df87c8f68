import type { z } from 'zod';

import { Action } from './action.ts';
import { Decision, TargetFacts } from './effect.ts';
import { ErrorInfo } from './error-code.ts';
import { Ledger } from './ledger.ts';
import { Lease } from './lease.ts';
import { LiveEvent } from './live-event.ts';
import { LogEntry, LogEvent } from './log-entry.ts';
import { Message } from './message.ts';
import { Observation } from './observation.ts';
import { Outcome } from './outcome.ts';
import { ProposedStep, StoredObservation, Turn } from './plan.ts';
import { AnswerRequest, AuditVerdict, CancelRequest, Problem } from './problem.ts';
import { Run, RunRequest } from './run.ts';
import { TaskContract } from './task-contract.ts';

/** Everything that is stored or sent; `docs/contracts` holds the JSON Schema of each. */
export const CATALOG: Readonly<Record<string, z.ZodType>> = {
  action: Action,
  'answer-request': AnswerRequest,
  'audit-verdict': AuditVerdict,
  'cancel-request': CancelRequest,
  decision: Decision,
  'error-info': ErrorInfo,
  lease: Lease,
  ledger: Ledger,
  'live-event': LiveEvent,
  'log-entry': LogEntry,
  'log-event': LogEvent,
  message: Message,
  observation: Observation,
  outcome: Outcome,
  problem: Problem,
  'proposed-step': ProposedStep,
  run: Run,
  'run-request': RunRequest,
  'stored-observation': StoredObservation,
  'target-facts': TargetFacts,
  'task-contract': TaskContract,
  turn: Turn,
};
