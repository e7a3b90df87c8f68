import { AppError } from '../../../shared/core/errors.ts';
import type { StateStore, Write } from '../../../shared/state/state-store.ts';
import type { Mutation } from './simulated-run.ts';

/** A store that lets the last writer win: no entry is fenced, no version compared. */
function withoutFence(store: StateStore): StateStore {
  return {
    ...store,
    commit: async (writes) => {
      for (;;) {
        const forced = await Promise.all(
          writes.map(async (write): Promise<Write> => {
            if (write.op === 'delete') return { op: 'delete', path: write.path };
            const now = await store.get(write.path);
            const { path, data } = write;
            return now
              ? { op: 'update', path, data, ifVersion: now.version }
              : { op: 'create', path, data };
          }),
        );
        try {
          return await store.commit(forced);
        } catch (error) {
          if (!AppError.is(error, 'conflict')) throw error;
        }
      }
    },
  };
}

/** Each lacks one mechanism; the invariants must notice every one of them. Composed here, never by a switch in the product. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  /** Anybody may create an entry that exists. */
  fence: { store: withoutFence },
  /** Every lease counts as free. */
  'lease-check': { executor: (deps) => ({ ...deps, isGone: () => true }) },
  /** Browsers may send after the lease is over. */
  'lease-bound-egress': {
    executor: (deps) => ({
      ...deps,
      pool: {
        ...deps.pool,
        open: async (host, options) =>
          deps.pool.open(
            {
              ...host,
              maskedValues: host.maskedValues,
              resolveText: async (text, into) => host.resolveText(text, into),
              saveArtifact: async (...rest) => host.saveArtifact(...rest),
              assertMayShow: () => undefined,
              mayFetch: () => true,
            },
            options,
          ),
      },
    }),
  },
  /** A look-up that always says that nothing happened. */
  probe: {
    executor: (deps) => ({
      ...deps,
      pool: {
        ...deps.pool,
        open: async (host, options) => ({
          ...(await deps.pool.open(host, options)),
          lookUp: async () => 'No orders',
        }),
      },
    }),
  },
};
