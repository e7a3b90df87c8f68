import type { GcpConfig } from '../core/gcp-config.ts';
import type { AskGoogle, GcpFinding } from './gcp-finding.ts';
import { grantsOf, type Grant, type GrantPlace } from './gcp-grants.ts';
import { COMPONENTS, CUSTOM_ROLES } from './gcp-topology.ts';

interface Policy {
  readonly bindings?: readonly { readonly role: string; readonly members?: readonly string[] }[];
}

/** Where the policy of a place is asked for, and the command that adds a binding to it. */
interface Place {
  readonly url: string;
  /** Google takes a POST for some, a GET for others. */
  readonly body?: unknown;
  readonly command: string;
}

/** Whether each component holds its roles, where they are granted or on the whole project. */
export async function roleFindings(
  config: GcpConfig,
  tenants: readonly string[],
  ask: AskGoogle,
): Promise<readonly GcpFinding[]> {
  const project = config.projectId;
  const asked = new Map<string, Promise<Policy | undefined>>();
  const policyAt = async ({ url, body }: Place): Promise<Policy | undefined> => {
    const known = asked.get(url) ?? readPolicy(ask, url, body);
    asked.set(url, known);
    return known;
  };
  const whole = placeOf(config, { kind: 'project', name: '' });
  const onProject = whole && (await policyAt(whole));
  if (!onProject)
    return [
      {
        name: 'roles',
        state: 'missing',
        detail: `the policy of ${project} cannot be read`,
        cure: `gcloud projects get-iam-policy ${project}`,
      },
    ];
  const found = COMPONENTS.map(async (component): Promise<GcpFinding> => {
    const account = `rodex-${component}@${project}.iam.gserviceaccount.com`;
    const member = `serviceAccount:${account}`;
    const lacking: { grant: Grant; place: Place; role: string }[] = [];
    for (const grant of grantsOf(component, tenants)) {
      const place = placeOf(config, grant.on);
      if (!place) continue;
      const role =
        grant.role in CUSTOM_ROLES ? `projects/${project}/roles/${grant.role}` : grant.role;
      if (holds(onProject, role, member)) continue;
      if (!holds(await policyAt(place), role, member)) lacking.push({ grant, place, role });
    }
    if (lacking.length === 0)
      return { name: `roles of ${component}`, state: 'ok', detail: account };
    const said = lacking.map(({ grant: { role, on } }) =>
      `${role} on ${on.kind} ${on.name}`.trim(),
    );
    return {
      name: `roles of ${component}`,
      state: 'missing',
      detail: `${account} lacks ${said.join(', ')}`,
      cure: lacking
        .map(({ place, role }) => `${place.command} --member=${member} --role=${role}`)
        .join('; '),
    };
  });
  return Promise.all(found);
}

async function readPolicy(ask: AskGoogle, url: string, body: unknown): Promise<Policy | undefined> {
  const answer = await ask(url, body);
  return answer.status === 200 ? (answer.body as Policy) : undefined;
}

function holds(policy: Policy | undefined, role: string, member: string): boolean {
  return (policy?.bindings ?? []).some(
    (binding) => binding.role === role && binding.members?.includes(member),
  );
}

/** Undefined: this project does without it. Roles on the database and on tenants' secrets are the project's, under a condition. */
function placeOf(config: GcpConfig, { kind, name }: GrantPlace): Place | undefined {
  const project = config.projectId;
  const add = 'add-iam-policy-binding';
  switch (kind) {
    case 'topic':
    case 'subscription':
      return {
        url: `https://pubsub.googleapis.com/v1/projects/${project}/${kind}s/${name}:getIamPolicy`,
        command: `gcloud pubsub ${kind}s ${add} ${name} --project=${project}`,
      };
    case 'secret':
      return {
        url: `https://secretmanager.googleapis.com/v1/projects/${project}/secrets/${name}:getIamPolicy`,
        command: `gcloud secrets ${add} ${name} --project=${project}`,
      };
    case 'bucket': {
      const bucket = name === 'audit' ? config.auditBucket : config.bucket;
      return {
        url: `https://storage.googleapis.com/storage/v1/b/${bucket}/iam`,
        command: `gcloud storage buckets ${add} gs://${bucket}`,
      };
    }
    case 'account': {
      const account = `${name}@${project}.iam.gserviceaccount.com`;
      return {
        url: `https://iam.googleapis.com/v1/projects/${project}/serviceAccounts/${account}:getIamPolicy`,
        body: {},
        command: `gcloud iam service-accounts ${add} ${account} --project=${project}`,
      };
    }
    case 'key': {
      const key =
        name === 'checkpoints'
          ? config.kmsSigningKey?.replace(/\/cryptoKeyVersions\/\d+$/, '')
          : config.kmsKey;
      if (key === undefined) return undefined;
      return {
        url: `https://cloudkms.googleapis.com/v1/${key}:getIamPolicy`,
        command: `gcloud kms keys ${add} ${key}`,
      };
    }
    default:
      return {
        url: `https://cloudresourcemanager.googleapis.com/v1/projects/${project}:getIamPolicy`,
        // Without it Google hides bindings that have a condition.
        body: { options: { requestedPolicyVersion: 3 } },
        command: `gcloud projects ${add} ${project}`,
      };
  }
}
