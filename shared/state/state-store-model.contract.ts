import fc from 'fast-check';
import { expect, it } from 'vitest';

import { AppError } from '../core/errors.ts';
import type { Data, StateStore, Write } from './state-store.ts';
import type { StateStoreHarness } from './state-store-harness.contract.ts';

const SEED = 20_261_122;
const PATHS = ['c/a', 'c/b', 'c/a/d/x', 'c/b/d/x', 'e/a'];

type Part =
  | { op: 'create'; path: string; data: Data }
  | { op: 'update' | 'delete'; path: string; data: Data; version: 'current' | 'stale' | 'none' };

/** Whole numbers beyond 2^53 are refused, which has a test of its own. */
const storable = (value: unknown): boolean =>
  !JSON.stringify(value, (_, inner: unknown) =>
    Number.isInteger(inner) && !Number.isSafeInteger(inner) ? 'BEYOND' : inner,
  ).includes('BEYOND');
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, min: -2, max: 2 }),
);
const scalar = fc.oneof(
  number,
  fc.constantFrom('', 'a', 'ab', 'é', '\u{1f600}'),
  fc.boolean(),
  fc.constant(null),
);
const data = fc.record(
  { k: scalar, n: number, more: fc.jsonValue({ maxDepth: 2 }).filter(storable) },
  { requiredKeys: [] },
);
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ op: fc.constant('create' as const), path: fc.constantFrom(...PATHS), data }),
  fc.record({
    op: fc.constantFrom('update' as const, 'delete' as const),
    path: fc.constantFrom(...PATHS),
    data,
    version: fc.constantFrom(
      'current' as const,
      'current' as const,
      'stale' as const,
      'none' as const,
    ),
  }),
);
const batches = fc.array(
  fc.uniqueArray(part, { selector: ({ path }) => path, minLength: 1, maxLength: 4 }),
  { minLength: 1, maxLength: 12 },
);

/** The plainest store: a map of values, and of versions as the real one names them. */
class Model {
  readonly documents = new Map<string, { data: Data; version: string }>();

  fails(write: Write): boolean {
    const version = this.documents.get(write.path)?.version;
    if (write.op === 'create') return version !== undefined;
    if (write.op === 'delete' && write.ifVersion === undefined) return false;
    return version === undefined || version !== write.ifVersion;
  }

  apply(writes: readonly Write[], versions: readonly string[]): void {
    for (const [index, write] of writes.entries()) {
      if (write.op === 'delete') this.documents.delete(write.path);
      else {
        const data = JSON.parse(JSON.stringify(write.data)) as Data;
        this.documents.set(write.path, { data, version: versions[index] ?? '' });
      }
    }
  }
}

function toWrite(item: Part, model: Model, spent: readonly string[]): Write {
  if (item.op === 'create') return item;
  const current = model.documents.get(item.path)?.version ?? '0';
  const stale = spent.at(-1) ?? '0';
  const ifVersion = item.version === 'stale' ? stale : current;
  if (item.op === 'update') return { op: 'update', path: item.path, data: item.data, ifVersion };
  if (item.version === 'none') return { op: 'delete', path: item.path };
  return { op: 'delete', path: item.path, ifVersion };
}

async function agrees(store: StateStore, model: Model): Promise<void> {
  for (const path of PATHS) {
    const found = await store.get(path);
    const { documents } = model;
    expect(found && { data: found.data, version: found.version }).toEqual(documents.get(path));
  }
  const inside = (prefix: RegExp) =>
    PATHS.filter((path) => prefix.test(path) && model.documents.has(path));
  const paths = async (query: Parameters<StateStore['query']>[0]) =>
    (await store.query(query)).map(({ path }) => path);
  expect(await paths({ collection: 'c' })).toEqual(inside(/^c\/[^/]+$/));
  expect(await paths({ collection: 'd', group: true })).toEqual(inside(/\/d\//));
  for (const value of [0, 'a', true, null]) {
    const where = [{ field: 'k', op: '==' as const, value }];
    const expected = inside(/^c\/[^/]+$/).filter(
      (path) => model.documents.get(path)?.data['k'] === value,
    );
    expect(await paths({ collection: 'c', where })).toEqual(expected);
  }
}

/** Random batches against the simplest model that could be right. */
export function modelContract(newHarness: () => Promise<StateStoreHarness>, numRuns: number): void {
  it(`agrees after every batch (seed ${SEED})`, { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (plan) => {
        const harness = await newHarness();
        const store = await harness.open();
        try {
          const model = new Model();
          const spent: string[] = [];
          for (const parts of plan) {
            const writes = parts.map((item) => toWrite(item, model, spent));
            const bad = writes.filter((write) => model.fails(write)).map(({ path }) => path);
            try {
              const versions = await store.commit(writes);
              expect(bad).toEqual([]);
              for (const { path } of writes) {
                const old = model.documents.get(path)?.version;
                if (old !== undefined) spent.push(old);
              }
              model.apply(writes, versions);
            } catch (error) {
              if (!AppError.is(error, 'conflict')) throw error;
              expect(bad).toContain(error.details?.['path']);
            }
            await agrees(store, model);
          }
        } finally {
          await store.close();
          await harness.dispose();
        }
      }),
      { seed: SEED, numRuns },
    );
  });
}
