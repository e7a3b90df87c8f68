import { tenantLogPath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { digestOfJson } from '../core/digest.ts';
import { appendTenantEvent, type TenantLogDeps } from './tenant-log.ts';

/** Of these it is recorded only whether they are set: a digest of a short one could be guessed back. */
const CREDENTIAL = /key|secret|password|token$/i;
/** Names of keys that never leave Cloud KMS. */
const KEY_NAME = /^gcp\.kms/;
/** Where a process listens is chosen anew by each. */
const PASSING: ReadonlySet<string> = new Set(['port']);
const UNSET = 'unset';

/** Records the settings under which `actor` runs, when they differ from its last time: names and digests of values. */
export async function recordConfig(
  deps: TenantLogDeps,
  tenantId: string,
  actor: string,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const settings = new Map(settingsOf(config, ''));
  const before = await lastSettings(deps, tenantId, actor);
  const changed: Record<string, string> = {};
  for (const [name, digest] of settings) if (before.get(name) !== digest) changed[name] = digest;
  for (const [name, digest] of before)
    if (!settings.has(name) && digest !== UNSET) changed[name] = UNSET;
  if (Object.keys(changed).length === 0) return;
  const digest = digestOfJson(Object.fromEntries(settings));
  await appendTenantEvent(deps, tenantId, actor, { type: 'config.changed', digest, changed });
}

function* settingsOf(value: unknown, name: string): Generator<[string, string]> {
  if (value === undefined || PASSING.has(name)) return;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value))
      yield* settingsOf(inner, name === '' ? key : `${name}.${key}`);
    return;
  }
  yield [name, CREDENTIAL.test(name) && !KEY_NAME.test(name) ? 'set' : digestOfJson(value)];
}

async function lastSettings(
  { store }: TenantLogDeps,
  tenantId: string,
  actor: string,
): Promise<ReadonlyMap<string, string>> {
  const documents = await store.query<StoredLogEntry>({
    collection: tenantLogPath(tenantId),
    where: [{ field: 'type', op: '==', value: 'config.changed' }],
  });
  const settings = new Map<string, string>();
  for (const { data } of documents)
    if (data.actor === actor && data.event?.type === 'config.changed')
      for (const [name, digest] of Object.entries(data.event.changed)) settings.set(name, digest);
  return settings;
}
