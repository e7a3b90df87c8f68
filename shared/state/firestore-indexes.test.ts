import { describe, expect, it } from 'vitest';

import { assertIndexed, INDEXED_QUERIES, INDEXES } from './firestore-indexes.ts';
import type { Query } from './state-store.ts';

describe('the indexes of Firestore', () => {
  it.each(INDEXED_QUERIES)('serve "$name", and nothing else does', ({ query }) => {
    assertIndexed(query);
    const none = { indexes: [], fieldOverrides: [] };
    expect(() => assertIndexed(query, none)).toThrow(
      /lacks an index of (runs|schedules|outbox|webhookDeliveries)/,
    );
  });

  it.each<Query>([
    { collection: 'tenants/a/runs/r/log', where: [{ field: 'seq', op: '==', value: 1 }] },
    { collection: 'log', group: true, where: [{ field: 'seq', op: '==', value: 1 }] },
    {
      collection: 'tenants/a/runs',
      where: [{ field: 'status', op: '==', value: 'queued' }],
      orderBy: { field: 'updatedAt', direction: 'asc' },
    },
    {
      collection: 'tenants/a/runs',
      where: [
        { field: 'status', op: '==', value: 'queued' },
        { field: 'goal', op: '==', value: 'x' },
      ],
    },
  ])('do not serve %j', (query) => {
    expect(() => assertIndexed(query)).toThrow(/firestore-indexes.json lacks/);
  });

  it('serve a single field of a collection without being declared', () => {
    assertIndexed({
      collection: 'tenants/a/runs',
      where: [{ field: 'goal', op: '==', value: 'x' }],
    });
  });

  it('name each field once for each collection', () => {
    const names = INDEXES.fieldOverrides.map((each) => `${each.collectionGroup} ${each.fieldPath}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
