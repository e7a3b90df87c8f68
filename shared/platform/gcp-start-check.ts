import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { AppError } from '../core/errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { INDEXED_QUERIES } from '../state/firestore-indexes.ts';
import type { StateStore } from '../state/state-store.ts';
import { PLATFORM_TENANT, SECRETS } from './gcp-topology.ts';

/** Looks for one kind of thing; gives a line for each that is missing. */
export type StartCheck = () => Promise<readonly string[]>;

/** Errors: `invalid_config` with all that is missing in one message; `store_unavailable` and the like when it cannot be told now. */
export async function assertThere(projectId: string, checks: readonly StartCheck[]): Promise<void> {
  const found = await Promise.all(checks.map(async (check) => check()));
  const missing = found.flat();
  if (missing.length === 0) return;
  throw new AppError(
    'invalid_config',
    `the project ${projectId} lacks: ${missing.join('; ')}. \`rodex doctor --gcp\` says how to make them`,
    { details: { missing } },
  );
}

/** A role that is lacking and an index that is not there are what the answer says, so one of each kind of query is asked. */
export function firestoreCheck(store: Pick<StateStore, 'query'>): StartCheck {
  return async () => {
    const found = await Promise.all(
      INDEXED_QUERIES.map(async ({ name, query }) => {
        const trouble = await troubleOf(async () => store.query({ ...query, limit: 1 }));
        if (trouble?.code === 'permission_denied') return `role roles/datastore.user`;
        return trouble ? `index for ${name} (shared/state/firestore-indexes.json)` : [];
      }),
    );
    return [...new Set(found.flat())];
  };
}

export function secretCheck(
  secrets: Pick<SecretStore, 'get'>,
  { kmsKey }: { readonly kmsKey: string | undefined },
): StartCheck {
  return async () => {
    let found = true;
    const trouble = await troubleOf(async () => {
      found = (await secrets.get(PLATFORM_TENANT, SECRETS.masterKey)) !== undefined;
    });
    if (trouble?.code === 'permission_denied')
      return ['role roles/secretmanager.secretAccessor, or roles/secretmanager.viewer'];
    const needed = kmsKey === undefined ? 'keys of runs and artifacts' : 'artifacts';
    return found ? [] : [`secret ${PLATFORM_TENANT}/${SECRETS.masterKey} (${needed})`];
  };
}

/** Opening the bus looks for its topics, subscriptions and dead letters. */
export function busCheck(open: () => Promise<unknown>): StartCheck {
  return async () => {
    const trouble = await troubleOf(open);
    if (trouble?.code === 'permission_denied') return ['role roles/pubsub.viewer'];
    const missing: unknown = trouble?.details?.['missing'];
    return Array.isArray(missing) ? missing.map(String) : trouble ? [trouble.message] : [];
  };
}

export function bucketCheck(artifacts: Pick<ArtifactStore, 'list'>): StartCheck {
  return async () => {
    const trouble = await troubleOf(async () => artifacts.list(PLATFORM_TENANT, 'start-check'));
    if (trouble?.code === 'permission_denied')
      return ['role roles/storage.objectUser on the bucket'];
    return trouble ? ['bucket of artifacts (RODEX_BUCKET)'] : [];
  };
}

/** What says that something is missing; anything else is thrown on: it says nothing about the project. */
async function troubleOf(ask: () => Promise<unknown>): Promise<AppError | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    const problem = AppError.from(error);
    if (problem.code === 'permission_denied' || problem.code === 'invalid_config') return problem;
    throw problem;
  }
}
