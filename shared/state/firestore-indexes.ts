import { AppError } from '../core/errors.ts';
import declared from './firestore-indexes.json' with { type: 'json' };
import { checkQuery, type CheckedQuery } from './query-rules.ts';
import type { Query } from './state-store.ts';

/** What is in `firestore-indexes.json`, in the form that Google's tools and our Terraform read. */
export interface IndexDeclarations {
  readonly indexes: readonly {
    readonly collectionGroup: string;
    readonly queryScope: string;
    readonly fields: readonly { readonly fieldPath: string; readonly order: string }[];
  }[];
  readonly fieldOverrides: readonly {
    readonly collectionGroup: string;
    readonly fieldPath: string;
    readonly ttl?: boolean;
    readonly indexes: readonly { readonly order: string; readonly queryScope: string }[];
  }[];
}

export const INDEXES: IndexDeclarations = declared;

/** One query of each kind that needs more than what Firestore indexes by itself: asked once at the start of a process. */
export const INDEXED_QUERIES: readonly { readonly name: string; readonly query: Query }[] = [
  {
    name: 'runs of a tenant by status, newest first',
    query: {
      collection: 'tenants/start-check/runs',
      where: [{ field: 'status', op: '==', value: 'queued' }],
      orderBy: { field: 'createdAt', direction: 'desc' },
    },
  },
  {
    name: 'open runs of all tenants',
    query: {
      collection: 'runs',
      group: true,
      where: [{ field: 'status', op: 'in', value: ['queued', 'planning'] }],
    },
  },
  {
    name: 'runs of all tenants that need an owner',
    query: {
      collection: 'runs',
      group: true,
      where: [
        { field: 'needsOwner', op: '==', value: true },
        { field: 'status', op: 'in', value: ['planning', 'acting'] },
      ],
    },
  },
  {
    name: 'runs of all tenants that changed lately',
    query: {
      collection: 'runs',
      group: true,
      where: [{ field: 'updatedAt', op: '>=', value: '2026-01-01T00:00:00.000Z' }],
      orderBy: { field: 'updatedAt', direction: 'desc' },
    },
  },
  {
    name: 'schedules of all tenants that are due',
    query: {
      collection: 'schedules',
      group: true,
      where: [{ field: 'nextAt', op: '<=', value: '2026-01-01T00:00:00.000Z' }],
      orderBy: { field: 'nextAt', direction: 'asc' },
    },
  },
  {
    name: 'queued runs of a tenant, oldest first',
    query: {
      collection: 'tenants/start-check/runs',
      where: [{ field: 'status', op: '==', value: 'queued' }],
      orderBy: { field: 'createdAt', direction: 'asc' },
    },
  },
  {
    name: 'what runs have to tell, oldest first',
    query: {
      collection: 'outbox',
      group: true,
      where: [{ field: 'at', op: '<=', value: '2026-01-01T00:00:00.000Z' }],
      orderBy: { field: 'at', direction: 'asc' },
    },
  },
  {
    name: 'webhook deliveries of all tenants that are due',
    query: {
      collection: 'webhookDeliveries',
      group: true,
      where: [{ field: 'nextAttemptAt', op: '<=', value: '2026-01-01T00:00:00.000Z' }],
      orderBy: { field: 'nextAttemptAt', direction: 'asc' },
    },
  },
  {
    name: 'webhook deliveries of all tenants that are to be forgotten',
    query: {
      collection: 'webhookDeliveries',
      group: true,
      where: [{ field: 'purgeAt', op: '<=', value: '2026-01-01T00:00:00.000Z' }],
      orderBy: { field: 'purgeAt', direction: 'asc' },
    },
  },
  {
    name: 'webhook deliveries of a tenant by status, newest first',
    query: {
      collection: 'tenants/start-check/webhookDeliveries',
      where: [{ field: 'status', op: '==', value: 'pending' }],
      orderBy: { field: 'createdAt', direction: 'desc' },
    },
  },
  {
    name: 'deliveries of a webhook, newest first',
    query: {
      collection: 'tenants/start-check/webhookDeliveries',
      where: [{ field: 'webhookId', op: '==', value: 'wh_0' }],
      orderBy: { field: 'createdAt', direction: 'desc' },
    },
  },
  {
    name: 'deliveries of a webhook by status, newest first',
    query: {
      collection: 'tenants/start-check/webhookDeliveries',
      where: [
        { field: 'status', op: '==', value: 'pending' },
        { field: 'webhookId', op: '==', value: 'wh_0' },
      ],
      orderBy: { field: 'createdAt', direction: 'desc' },
    },
  },
];

type Need = { readonly fieldPath: string; readonly order: 'ASCENDING' | 'DESCENDING' };

/** The emulator answers any query; Firestore answers those that an index serves. Errors: `invalid_config` naming the index that is lacking. */
export function assertIndexed(query: Query, indexes: IndexDeclarations = INDEXES): void {
  assertServed(checkQuery(query), indexes);
}

/** The same of a query that was checked. */
export function assertServed(query: CheckedQuery, indexes: IndexDeclarations = INDEXES): void {
  const lacking = lackingIndex(query, indexes);
  if (lacking !== undefined)
    throw new AppError('invalid_config', `shared/state/firestore-indexes.json lacks ${lacking}`);
}

function lackingIndex(query: CheckedQuery, indexes: IndexDeclarations): string | undefined {
  const collection = query.collection.split('/').at(-1) ?? '';
  const queryScope = query.group ? 'COLLECTION_GROUP' : 'COLLECTION';
  const needs: Need[] = [...new Set(query.where.map(({ field }) => field))]
    .filter((field) => field !== query.orderBy?.field)
    .map((fieldPath) => ({ fieldPath, order: 'ASCENDING' }));
  if (query.orderBy) {
    const order = query.orderBy.direction === 'asc' ? 'ASCENDING' : 'DESCENDING';
    needs.push({ fieldPath: query.orderBy.field, order });
  }
  if (needs.length === 0) return undefined;
  const found =
    needs.length === 1
      ? singleField(collection, queryScope, needs[0] as Need, indexes)
      : indexes.indexes.some(
          (index) =>
            index.collectionGroup === collection &&
            index.queryScope === queryScope &&
            isServedBy(needs, index.fields, query.orderBy !== undefined),
        );
  if (found) return undefined;
  const said = needs.map(({ fieldPath, order }) => `${fieldPath} ${order}`).join(', ');
  return `an index of ${collection} (${queryScope}): ${said}`;
}

/** Equalities may stand in any order; what is ordered by comes last. */
function isServedBy(
  needs: readonly Need[],
  fields: IndexDeclarations['indexes'][number]['fields'],
  ordered: boolean,
): boolean {
  if (needs.length !== fields.length) return false;
  const last = needs.at(-1);
  const same = fields.at(-1);
  if (ordered && (last?.fieldPath !== same?.fieldPath || last?.order !== same?.order)) return false;
  return needs.every(({ fieldPath }) => fields.some((field) => field.fieldPath === fieldPath));
}

/** Firestore makes single-field indexes of collections by itself, where nothing says otherwise; of collection groups it makes none. */
function singleField(
  collection: string,
  queryScope: string,
  { fieldPath, order }: Need,
  { fieldOverrides }: IndexDeclarations,
): boolean {
  const own = fieldOverrides.filter((each) => each.collectionGroup === collection);
  const override =
    own.find((each) => each.fieldPath === fieldPath) ?? own.find((each) => each.fieldPath === '*');
  if (!override) return queryScope === 'COLLECTION';
  return override.indexes.some((index) => index.queryScope === queryScope && index.order === order);
}
