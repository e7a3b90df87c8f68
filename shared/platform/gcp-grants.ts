import { deadLetterOf, secretIdOf } from './gcp-names.ts';
import {
  ABILITIES,
  COMPONENT_SPECS,
  PLATFORM_TENANT,
  runRequestsOf,
  subscriptionsOf,
  type Component,
  type Deed,
} from './gcp-topology.ts';

/** Where a role is granted. Names are Google's own, without their project; of buckets and keys they are ours. */
export interface GrantPlace {
  readonly kind:
    | 'project'
    | 'database'
    | 'topic'
    | 'subscription'
    | 'secret'
    | 'tenant-secrets'
    | 'bucket'
    | 'account'
    | 'key';
  readonly name: string;
}

export interface Grant {
  readonly role: string;
  readonly on: GrantPlace;
}

/** The one project-wide permission that making secrets takes: a secret that is not there yet has no policy. */
export const SECRET_MAKER = 'rodexSecretMaker';

/** Every role that a component needs, each on the smallest thing that Google takes it for. */
export function grantsOf(component: Component, tenants: readonly string[]): readonly Grant[] {
  const all = COMPONENT_SPECS[component].does.flatMap((deed) =>
    grantsFor(component, deed, tenants),
  );
  const seen = new Map(all.map((grant) => [JSON.stringify(grant), grant]));
  return [...seen.values()];
}

function grantsFor(component: Component, deed: Deed, tenants: readonly string[]): Grant[] {
  const { on, roles } = ABILITIES[deed.can];
  const places = placesOf(component, on, deed.to ?? '', tenants);
  return roles.flatMap((role) =>
    places.map((place) => ({
      role,
      on: role === SECRET_MAKER ? { kind: 'project', name: '' } : place,
    })),
  );
}

function placesOf(
  component: Component,
  on: string,
  to: string,
  tenants: readonly string[],
): readonly GrantPlace[] {
  switch (on) {
    case 'topic':
    case 'subscription':
      return [{ kind: on, name: to }];
    case 'delivery':
      return subscriptionsOf(tenants)
        .filter(({ subscription }) => subscription === to)
        .flatMap(({ topic, subscription }) => [
          { kind: 'topic', name: topic },
          { kind: 'subscription', name: subscription },
          { kind: 'topic', name: deadLetterOf(subscription) },
          { kind: 'subscription', name: deadLetterOf(subscription) },
        ]);
    case 'dead-letters': {
      const names = to.endsWith('*')
        ? tenants.map((tenant) => runRequestsOf(tenant).subscription)
        : [to];
      return names.map((name) => ({ kind: 'topic', name: deadLetterOf(name) }));
    }
    case 'secret':
      return [{ kind: 'secret', name: secretIdOf(PLATFORM_TENANT, to) }];
    case 'artifacts':
    case 'audit':
      return [{ kind: 'bucket', name: on }];
    case 'run-keys':
    case 'checkpoints':
      return [{ kind: 'key', name: on }];
    case 'itself':
      return [{ kind: 'account', name: `rodex-${component}` }];
    default:
      return [{ kind: on as 'project' | 'database' | 'tenant-secrets', name: '' }];
  }
}
