import topology from './gcp-topology.json' with { type: 'json' };

/**
 * All that Rodex needs of a Google Cloud project, in one place: Terraform reads `gcp-topology.json` and makes it (a test compares), start-up
 * checks and `rodex doctor --gcp` look for it, and emulators are prepared from it.
 */

export const COMPONENTS = ['api', 'planner', 'scheduler', 'triggers', 'executor'] as const;
export type Component = (typeof COMPONENTS)[number];

export interface SubscriptionSpec {
  readonly topic: string;
  readonly subscription: string;
  /** The function that Pub/Sub posts to; absent: pulled by executors. */
  readonly pushTo?: Component;
  readonly ackDeadlineSeconds: number;
  /** Pub/Sub's own limit, behind the five attempts that the code counts: a message of a newer version outlives a roll-out. */
  readonly maxDeliveryAttempts: number;
  readonly minBackoffSeconds: number;
  readonly maxBackoffSeconds: number;
}

export type Ability = keyof typeof topology.abilities;

/** One thing that a component does; what it needs for that stands under `abilities`. */
export interface Deed {
  readonly can: Ability;
  /** Topic, subscription or secret. A `*` at the end stands for every tenant. */
  readonly to?: string;
}

export interface ComponentSpec {
  /** How it runs: an HTTP function of functions-framework, or a Cloud Run worker pool. */
  readonly runs: 'function' | 'worker';
  readonly timeoutSeconds?: number;
  readonly memoryMiB: number;
  /** Variables that must be set; `?` at the end: may be. */
  readonly environment: readonly string[];
  /** Variables of these that come out of a secret of the platform, by its name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly does: readonly Deed[];
}

export const APIS: readonly string[] = topology.apis;

/** `rodex-events` goes out: integrations subscribe to it, Rodex does not. */
export const TOPICS: readonly string[] = topology.topics;

/** A turn takes 420 s at most, the function 540 s, so 600 s outlast both. */
const PUSH = topology.push;

type Declared = Partial<SubscriptionSpec> & Pick<SubscriptionSpec, 'topic' | 'subscription'>;

export const SUBSCRIPTIONS: readonly SubscriptionSpec[] = (
  topology.subscriptions as readonly Declared[]
).map((declared) => ({ ...PUSH, ...declared }));

/** Run requests of one tenant: whoever may publish there may start that tenant's templates. */
export function runRequestsOf(tenantId: string): SubscriptionSpec {
  const name = `${topology.runRequests.prefix}${tenantId}`;
  return { topic: name, subscription: name, pushTo: 'triggers', ...PUSH };
}

/** Every topic and subscription that the tenants need, dead letters aside: those are `{subscription}-dead`, topic and subscription. */
export function subscriptionsOf(tenants: readonly string[]): readonly SubscriptionSpec[] {
  return [...SUBSCRIPTIONS, ...tenants.map(runRequestsOf)];
}

/** Secrets of the platform itself; tenants' secrets are `rodex_{tenant}_{name}` and made by the API. */
export const PLATFORM_TENANT = 'platform';
/**
 * `masterKey`: 32 random bytes, base64: what seals encrypted artifacts, and the keys of runs where there is no KMS key. Never replaced.
 * The others reach their function as variables.
 */
export const SECRETS = topology.secrets;

/** `artifacts` is `RODEX_BUCKET`: uniform access, no public access; `uploads/` is emptied after a day. `audit` is `RODEX_AUDIT_BUCKET`. */
export const BUCKETS = topology.buckets;

/** What each ability takes: roles, and on what. Roles without a slash are ours (`CUSTOM_ROLES`). */
export const ABILITIES: Readonly<
  Record<Ability, { readonly on: string; readonly roles: readonly string[] }>
> = topology.abilities;
export const CUSTOM_ROLES: Readonly<Record<string, readonly string[]>> = topology.customRoles;

export const COMPONENT_SPECS: Readonly<Record<Component, ComponentSpec>> = specs();

function specs(): Record<Component, ComponentSpec> {
  const { commonEnvironment, components } = topology;
  const entries = COMPONENTS.map((name): [Component, ComponentSpec] => {
    const { environment, ...rest } = components[name];
    return [
      name,
      { ...rest, environment: [...commonEnvironment, ...environment] } as ComponentSpec,
    ];
  });
  return Object.fromEntries(entries) as Record<Component, ComponentSpec>;
}

/** Subscriptions that a component looks for when it starts; absent: everything. */
export function lookedForBy(component: Component | undefined): readonly SubscriptionSpec[] {
  if (component === undefined) return SUBSCRIPTIONS;
  const names = COMPONENT_SPECS[component].does.flatMap(({ can, to }) =>
    can === 'look-for' ? [to] : [],
  );
  return SUBSCRIPTIONS.filter(({ subscription }) => names.includes(subscription));
}
