import type { GcpConfig } from '../core/gcp-config.ts';
import { INDEXES } from '../state/firestore-indexes.ts';
import { DEFAULT_EXECUTORS } from './gcp-costs.ts';
import type { GcpFinding } from './gcp-finding.ts';
import { grantsOf } from './gcp-grants.ts';
import {
  APIS,
  COMPONENT_SPECS,
  COMPONENTS,
  SECRETS,
  subscriptionsOf,
  TOPICS,
} from './gcp-topology.ts';

/** A kind of thing that a deployment consists of. */
export interface Planned {
  readonly what: string;
  readonly detail: string;
  /** What of it is there already; absent when that is not looked at. */
  readonly now?: string;
}

export interface PlannedOptions {
  readonly config: GcpConfig;
  readonly tenants: readonly string[];
  /** Executors that always run, and the most there shall be. */
  readonly warm: number;
  readonly most: number;
  /** What `examineProject` found. */
  readonly found: readonly GcpFinding[];
}

/** What will stand in the project once Terraform was applied, and how much of it stands there now. */
export function plannedThings(options: PlannedOptions): readonly Planned[] {
  const { config, tenants, warm, most, found } = options;
  const functions = COMPONENTS.filter((name) => COMPONENT_SPECS[name].runs === 'function');
  const grants = COMPONENTS.reduce((sum, name) => sum + grantsOf(name, tenants).length, 0);
  const topics = TOPICS.length + tenants.length;
  const subscriptions = subscriptionsOf(tenants).length;
  const ttl = INDEXES.fieldOverrides.filter((field) => field.ttl).length;
  const { cpus, slots } = DEFAULT_EXECUTORS;
  const memory = COMPONENT_SPECS.executor.memoryMiB / 1_024;
  const there = (start: string): string | undefined => presence(found, start);
  return [
    { what: 'APIs', detail: `${APIS.length} of Google's, switched on`, ...now(apisNow(found)) },
    {
      what: 'functions',
      detail: functions.map((name) => `rodex-${name}`).join(', '),
    },
    {
      what: 'executors',
      detail: `worker pool rodex-executor: ${warm} to ${most} of ${cpus} vCPU, ${memory} GiB, ${slots} runs at once each`,
    },
    {
      what: 'accounts',
      detail: `one for each component, with ${grants} roles between them, each on the one thing it is for`,
      ...now(there('roles')),
    },
    {
      what: 'Firestore',
      detail: `${config.databaseId}, ${INDEXES.indexes.length} indexes${ttl === 0 ? '' : `, ${ttl} fields that expire`}`,
      ...now(there('Firestore')),
    },
    {
      what: 'messages',
      detail: `${topics} topics, ${subscriptions} subscriptions, a place for dead letters of each`,
      ...now(presence(found, 'topic', 'subscription')),
    },
    {
      what: 'buckets',
      detail: [config.bucket, config.auditBucket].join(', '),
      ...now(there('bucket')),
    },
    {
      what: 'secrets',
      detail: `${Object.keys(SECRETS).length} of the platform; those of tenants come by the API`,
      ...now(there('secret')),
    },
    { what: 'keys', detail: 'Cloud KMS: keys of runs, signature of the log, signature of images' },
    { what: 'network', detail: 'a network of its own for browsers, firewall, Cloud NAT' },
    { what: 'watching', detail: 'alerts, dashboard, log sinks, a budget, a tick a minute' },
  ];
}

const now = (text: string | undefined): { now: string } | object =>
  text === undefined ? {} : { now: text };

/** One finding tells of all of them. */
function apisNow(found: readonly GcpFinding[]): string | undefined {
  const one = found.find(({ name }) => name === 'APIs');
  if (!one) return undefined;
  const off = one.state === 'ok' ? 0 : one.detail.split(' ').length - 1;
  return off === 0 ? 'all of it' : `${APIS.length - off} are on`;
}

/** How many of the findings whose names begin so are well. */
function presence(found: readonly GcpFinding[], ...starts: readonly string[]): string | undefined {
  const own = found.filter(({ name }) => starts.some((start) => name.startsWith(start)));
  if (own.length === 0) return undefined;
  const well = own.filter(({ state }) => state === 'ok').length;
  if (well === 0) return 'nothing of it';
  return well === own.length ? 'all of it' : `${well} of ${own.length}`;
}
