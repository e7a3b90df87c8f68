import type { Letter } from '../../../shared/bus/message-bus.ts';
import { tenantPath } from '../../../shared/contracts/paths.ts';
import type { Message } from '../../../shared/contracts/message.ts';
import { SetTenantRequest } from '../../../shared/contracts/tenant.ts';
import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { RunJournal } from '../../../shared/journal/run-journal.ts';
import { openMemoryStateStore } from '../../../shared/testing/memory-state-store.ts';
import { memoryVault } from '../../../shared/testing/memory-vault.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import type { CreateWebhookRequest, Webhook } from '../../../shared/contracts/webhook.ts';
import { RunEventType } from '../../../shared/contracts/run-event.ts';
import { webhookRule } from '../../../shared/policy/webhook-target.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import type { TriggersDeps } from '../triggers.ts';

export const RUN = 'run_00000000000000000000';

/** A process that was killed: what it asked for may have been done, nobody hears of it. */
export class Killed extends Error {}

export interface TriggersWorld {
  readonly store: StateStore;
  readonly deps: TriggersDeps;
  /** What went out, in order. */
  readonly sent: Letter[];
  readonly published: Message[];
  webhook(tenantId: string, about?: Partial<CreateWebhookRequest>): Promise<Webhook>;
  tenant(tenantId: string, about: Partial<SetTenantRequest>): Promise<void>;
  /** Runs of a tenant that were created. */
  runs(tenantId: string): Promise<number>;
  /** A run that was started, waited for a person and succeeded. */
  played(tenantId: string, runId?: string): Promise<void>;
}

let webhooks = 0;

export function triggersWorld(clock: Clock = systemClock): TriggersWorld {
  const store = openMemoryStateStore();
  const sent: Letter[] = [];
  const published: Message[] = [];
  const bus = {
    publish: async (message: Message) => {
      published.push(message);
      return 'msg';
    },
    send: async (letter: Letter) => {
      sent.push(letter);
      return 'msg';
    },
  };
  const deps = { store, bus, vault: memoryVault(), clock, log: silentLogger,
    derive: async (purpose: string) => new Uint8Array(32).fill(purpose.length),
    webhookRule: webhookRule([], true) };
  return {
    store,
    deps,
    sent,
    published,
    tenant: async (tenantId, about) => {
      const now = systemClock.iso();
      const data = {
        schemaVersion: 1,
        tenantId,
        ...SetTenantRequest.parse({ name: tenantId, ...about }),
        createdBy: 'user:root',
        createdAt: now,
        updatedAt: now,
      };
      await store.commit([{ op: 'create', path: tenantPath(tenantId), data }]);
    },
    webhook: async (tenantId, about = {}) => {
      webhooks += 1;
      const now = clock.iso();
      const data: Webhook = {
        schemaVersion: 1,
        tenantId,
        webhookId: `wh_${String(webhooks).padStart(20, '0')}`,
        name: 'hook',
        url: 'https://hooks.example/',
        events: [...RunEventType.options],
        enabled: true,
        ...about,
        secretVersion: 1,
        createdBy: 'user:ada',
        createdAt: now,
        updatedAt: now,
      };
      await new TenantScope(store, tenantId).webhooks.create(data.webhookId, data);
      return data;
    },
    runs: async (tenantId) => (await store.query({ collection: `tenants/${tenantId}/runs` })).length,
    played: async (tenantId, runId = RUN) => {
      const journal = await RunJournal.create(deps, 'user:ada', tenantId, runId, {
        type: 'run.created',
        goal: 'a goal that nobody else may read',
        inputs: { iban: 'DE00 0000' },
        labels: { case: 'case-7' },
        contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
        template: 'invoices@3',
      });
      await journal.append(() => [
        { type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false },
      ]);
      await journal.append(() => [
        {
          type: 'human.requested',
          leaseEpoch: 1,
          request: {
            requestId: 'ask_1',
            kind: 'approval',
            question: 'text of a page',
            facts: {},
            askedAt: '2026-11-27T07:00:00.000Z',
            expiresAt: '2036-11-27T07:00:00.000Z',
          },
        },
      ]);
      await journal.append(() => [
        { type: 'human.answered', requestId: 'ask_1', kind: 'approval', answer: 'approve' },
      ]);
      // Two events in one batch: each has an entry, and an event, of its own.
      await journal.append(() => [
        { type: 'run.paused', reason: '' },
        { type: 'run.resumed' },
      ]);
      await journal.append(() => [
        { type: 'run.ended', status: 'succeeded', summary: 'text of a page' },
      ]);
    },
  };
}

export const PLAYED = [
  'created',
  'started',
  'waiting',
  'resumed',
  'paused',
  'resumed',
  'succeeded',
].map((name) => `rodex.run.${name}`);
