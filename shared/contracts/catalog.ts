import type { z } from 'zod';

import { Action } from './action.ts';
import { Decision, TargetFacts } from './effect.ts';
import { ErrorInfo } from './error-code.ts';
import {
  ApiKey,
  ApiKeyInfo,
  CreateApiKeyRequest,
  IssuedApiKey,
  Member,
  RotateApiKeyRequest,
  SetMemberRequest,
  WhoAmI,
} from './identity.ts';
import { Ledger } from './ledger.ts';
import { Lease } from './lease.ts';
import { LiveEvent } from './live-event.ts';
import { LogEntry, LogEvent } from './log-entry.ts';
import { Message } from './message.ts';
import { Observation } from './observation.ts';
import { Outcome } from './outcome.ts';
import { ProposedStep, StoredObservation, Turn } from './plan.ts';
import {
  AnswerRequest,
  AuditVerdict,
  CancelRequest,
  DecisionRequest,
  PauseRequest,
  Problem,
  WaitingRun,
} from './problem.ts';
import { Run, RunRequest } from './run.ts';
import { OutboxEvent, RunEvent, RunRequestReply } from './run-event.ts';
import { CredentialUse } from './credential-use.ts';
import { GivenSecret } from './given-secret.ts';
import { StoredLogEntry, StoredRunKey } from './stored-log-entry.ts';
import { TenantEvent } from './tenant-event.ts';
import { StoredTakeOverInput, TakeOverInput } from './take-over.ts';
import { TaskContract } from './task-contract.ts';
import { TenantPolicy } from './tenant-policy.ts';
import { ArtifactInfo, ArtifactLink, ArtifactLinkRequest } from './artifact-link.ts';
import { ChangeScheduleRequest, Schedule, ScheduleView, SetScheduleRequest } from './schedule.ts';
import { SecretInfo, SetSecretRequest } from './secret.ts';
import { StartRunRequest } from './start-run.ts';
import { CreateTemplateRequest, TaskTemplate, TemplateRunRequest } from './template.ts';
import { SetTenantRequest, Tenant } from './tenant.ts';
import { Seats, StorageUse, Usage } from './usage.ts';
import {
  ChangeWebhookRequest,
  CreateWebhookRequest,
  IssuedWebhook,
  RotateWebhookRequest,
  Webhook,
  WebhookDelivery,
} from './webhook.ts';

/** Everything that is stored or sent; `docs/contracts` holds the JSON Schema of each. */
export const CATALOG: Readonly<Record<string, z.ZodType>> = {
  action: Action,
  'answer-request': AnswerRequest,
  'api-key': ApiKey,
  'api-key-info': ApiKeyInfo,
  'artifact-info': ArtifactInfo,
  'artifact-link': ArtifactLink,
  'artifact-link-request': ArtifactLinkRequest,
  'audit-verdict': AuditVerdict,
  'cancel-request': CancelRequest,
  'change-schedule-request': ChangeScheduleRequest,
  'change-webhook-request': ChangeWebhookRequest,
  'create-api-key-request': CreateApiKeyRequest,
  'pause-request': PauseRequest,
  'create-template-request': CreateTemplateRequest,
  'create-webhook-request': CreateWebhookRequest,
  decision: Decision,
  'decision-request': DecisionRequest,
  'error-info': ErrorInfo,
  'issued-api-key': IssuedApiKey,
  'issued-webhook': IssuedWebhook,
  lease: Lease,
  ledger: Ledger,
  'live-event': LiveEvent,
  'log-entry': LogEntry,
  'log-event': LogEvent,
  member: Member,
  message: Message,
  observation: Observation,
  outcome: Outcome,
  'outbox-event': OutboxEvent,
  problem: Problem,
  'proposed-step': ProposedStep,
  'rotate-api-key-request': RotateApiKeyRequest,
  'rotate-webhook-request': RotateWebhookRequest,
  run: Run,
  'run-event': RunEvent,
  'run-request': RunRequest,
  'run-request-reply': RunRequestReply,
  schedule: Schedule,
  'schedule-view': ScheduleView,
  seats: Seats,
  'secret-info': SecretInfo,
  'set-member-request': SetMemberRequest,
  'set-schedule-request': SetScheduleRequest,
  'set-secret-request': SetSecretRequest,
  'set-tenant-request': SetTenantRequest,
  'start-run-request': StartRunRequest,
  'storage-use': StorageUse,
  'stored-log-entry': StoredLogEntry,
  'stored-observation': StoredObservation,
  'stored-run-key': StoredRunKey,
  'credential-use': CredentialUse,
  'given-secret': GivenSecret,
  'take-over-input': TakeOverInput,
  'stored-take-over-input': StoredTakeOverInput,
  'target-facts': TargetFacts,
  'task-contract': TaskContract,
  'tenant-event': TenantEvent,
  'tenant-policy': TenantPolicy,
  'task-template': TaskTemplate,
  'template-run-request': TemplateRunRequest,
  tenant: Tenant,
  turn: Turn,
  usage: Usage,
  'waiting-run': WaitingRun,
  webhook: Webhook,
  'webhook-delivery': WebhookDelivery,
  'who-am-i': WhoAmI,
};
