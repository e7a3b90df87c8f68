import { INDEXES } from '../state/firestore-indexes.ts';
import type { AskGoogle, GcpFinding } from './gcp-finding.ts';

interface Index {
  readonly name?: string;
  readonly queryScope?: string;
  readonly state?: string;
  readonly fields?: readonly { readonly fieldPath: string; readonly order?: string }[];
}
interface Field {
  readonly name?: string;
  readonly ttlConfig?: { readonly state?: string };
  readonly indexConfig?: { readonly indexes?: readonly Index[] };
}

const collectionOf = (name = ''): string => /collectionGroups\/([^/]+)\//.exec(name)?.[1] ?? '';
const pathOf = (name = ''): string => /\/fields\/(.+)$/.exec(name)?.[1] ?? '';
const kebab = (scope: string): string => scope.toLowerCase().replaceAll('_', '-');

/** Compares what `firestore-indexes.json` declares with what the database has. */
export async function indexFindings(
  project: string,
  database: string,
  base: string,
  ask: AskGoogle,
): Promise<readonly GcpFinding[]> {
  const groups = `${base}/collectionGroups/-`;
  const filter = encodeURIComponent('indexConfig.usesAncestorConfig:false OR ttlConfig:*');
  const [composite, single] = await Promise.all([
    ask(`${groups}/indexes?pageSize=300`),
    ask(`${groups}/fields?pageSize=300&filter=${filter}`),
  ]);
  const indexes = (composite.body as { indexes?: Index[] } | null)?.indexes ?? [];
  const fields = (single.body as { fields?: Field[] } | null)?.fields ?? [];
  const where = `--database='${database}' --project=${project}`;
  const findings: GcpFinding[] = [];
  for (const { collectionGroup, queryScope, fields: wanted } of INDEXES.indexes) {
    const said = wanted.map(({ fieldPath, order }) => `${fieldPath} ${order}`).join(', ');
    const found = indexes.find(
      (index) =>
        collectionOf(index.name) === collectionGroup &&
        index.queryScope === queryScope &&
        wanted.every((field, at) => {
          const there = index.fields?.[at];
          return there?.fieldPath === field.fieldPath && there.order === field.order;
        }),
    );
    const configs = wanted.map(
      ({ fieldPath, order }) =>
        `--field-config=field-path=${fieldPath},order=${order.toLowerCase()}`,
    );
    findings.push({
      name: `index of ${collectionGroup}`,
      ...(found?.state === 'READY'
        ? { state: 'ok', detail: said }
        : {
            state: 'missing',
            detail: `${said}: ${found ? (found.state ?? 'not ready') : 'not there'}`,
            cure: found
              ? 'wait until it is built'
              : `gcloud firestore indexes composite create --collection-group=${collectionGroup} --query-scope=${kebab(queryScope)} ${configs.join(' ')} ${where}`,
          }),
    });
  }
  for (const { collectionGroup, fieldPath, indexes: wanted, ttl } of INDEXES.fieldOverrides) {
    const found = fields.find(
      (field) => collectionOf(field.name) === collectionGroup && pathOf(field.name) === fieldPath,
    );
    const has = found?.indexConfig?.indexes ?? [];
    const same =
      found !== undefined &&
      has.length === wanted.length &&
      wanted.every(({ order, queryScope }) =>
        has.some((index) => index.queryScope === queryScope && index.fields?.[0]?.order === order),
      );
    const timed = !ttl || found?.ttlConfig?.state === 'ACTIVE';
    const name = `field ${fieldPath} of ${collectionGroup}`;
    if (same && timed) {
      findings.push({ name, state: 'ok', detail: ttl ? 'expires' : `${wanted.length} indexes` });
      continue;
    }
    const index =
      wanted.length === 0
        ? '--disable-indexes'
        : wanted
            .map(
              ({ order, queryScope }) =>
                `--index=order=${order.toLowerCase()},query-scope=${kebab(queryScope)}`,
            )
            .join(' ');
    const cures = [
      ...(same
        ? []
        : [
            `gcloud firestore indexes fields update '${fieldPath}' --collection-group=${collectionGroup} ${index} ${where}`,
          ]),
      ...(timed
        ? []
        : [
            `gcloud firestore fields ttls update '${fieldPath}' --collection-group=${collectionGroup} --enable-ttl ${where}`,
          ]),
    ];
    findings.push({
      name,
      state: 'missing',
      detail: same ? 'nothing expires by it' : 'indexed in another way',
      cure: cures.join('; '),
    });
  }
  return findings;
}
