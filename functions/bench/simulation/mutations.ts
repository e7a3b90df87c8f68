import { AppError } from '../../../shared/core/errors.ts';
import type { Turn } from '../../../shared/contracts/plan.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import type { StateStore, Write } from '../../../shared/state/state-store.ts';
import type { BrowserSession } from '../../executor/browser-session.ts';
import type { ExecutorDeps } from '../../executor/deps.ts';
import { NO_FAULTS, PLAIN, scenariosOf } from '../chaos.ts';
import type { Faults } from './process.ts';
import type { Mutation, Scenario } from './scenario.ts';
import { NEIGHBOUR, TENANT } from './tenant.ts';

/** A mechanism taken out, and scenarios in which its absence must be noticed; with the mechanism the same scenarios hold. */
export interface Mutant {
  readonly mutation: Mutation;
  readonly scenarios: () => Iterable<Scenario>;
}

const isTurn = (path: string): boolean => /\/turns\/\d+$/.test(path);
const isStep = (path: string): boolean => /\/steps\/\d+-\d+$/.test(path);
const isRun = (path: string): boolean => /\/runs\/[^/]+$/.test(path);

/** A store that lets the last writer win on some paths: nothing is fenced there, no version compared. */
function withoutFence(store: StateStore, on: (path: string) => boolean): StateStore {
  return {
    ...store,
    commit: async (writes) => {
      for (;;) {
        const forced = await Promise.all(
          writes.map(async (write): Promise<Write> => {
            if (!on(write.path)) return write;
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
          const path = AppError.is(error, 'conflict') ? error.details?.['path'] : undefined;
          if (typeof path !== 'string' || !on(path)) throw error;
        }
      }
    },
  };
}

/** A store to which an intent comes only together with its outcome. */
function withoutIntent(store: StateStore): StateStore {
  const held = new Map<string, readonly Write[]>();
  return {
    ...store,
    commit: async (writes) => {
      const run = writes.find((write) => write.op === 'update' && isRun(write.path));
      if (run?.op !== 'update') return store.commit(writes);
      const before = held.get(run.path);
      held.delete(run.path);
      if (!before) {
        if ((run.data as unknown as Run).openIntent === undefined) return store.commit(writes);
        held.set(run.path, writes);
        return writes.map((_write, index) => `held-${index}`);
      }
      const first = before.find(({ path }) => path === run.path);
      const ifVersion = first?.op === 'update' ? first.ifVersion : run.ifVersion;
      const later = writes.map((write) => (write === run ? { ...run, ifVersion } : write));
      const versions = await store.commit([...before.filter((write) => write !== first), ...later]);
      return versions.slice(-writes.length);
    },
  };
}

/** A store in which turns that are streaming seem to be something else, from some number of items on. */
function withTurnsSeeming(store: StateStore, status: Turn['status'], fromItems = 0): StateStore {
  return {
    ...store,
    get: async <T>(path: string) => {
      const found = await store.get<T>(path);
      const turn = isTurn(path) ? (found?.data as Turn | undefined) : undefined;
      if (!found || turn?.status !== 'streaming' || turn.items < fromItems) return found;
      return { ...found, data: { ...found.data, status } };
    },
  };
}

/** A store that keeps the steps of one tenant among those of another, and finds them there. */
function withStepsOf(store: StateStore, tenantId: string, elsewhere: string): StateStore {
  const mixed = (path: string): string =>
    /\/steps(\/|$)/.test(path)
      ? path.replace(`tenants/${tenantId}/`, `tenants/${elsewhere}/`)
      : path;
  return {
    ...store,
    commit: async (writes) =>
      store.commit(writes.map((write) => ({ ...write, path: mixed(write.path) }))),
    get: async (path) => store.get(mixed(path)),
    query: async (query) => store.query({ ...query, collection: mixed(query.collection) }),
    watch: (prefix, onChange) => store.watch(mixed(prefix), onChange),
  };
}

const withSessions = (
  deps: ExecutorDeps,
  change: (session: BrowserSession) => Partial<BrowserSession>,
): ExecutorDeps => ({
  ...deps,
  pool: {
    ...deps.pool,
    open: async (host, options) => {
      const session = await deps.pool.open(host, options);
      return { ...session, ...change(session) };
    },
  },
});

/** The same scenario with a fault at each of its first crossings in turn. */
function* everywhere(
  kind: 'crashAt' | 'pauseAt' | 'slowAt',
  scenario: Partial<Scenario> = {},
): Generator<Scenario> {
  for (let point = 1; point <= 400; point += 1) {
    const faults: Faults = { ...NO_FAULTS, [kind]: new Set([point]) };
    yield { ...PLAIN, ...scenario, faults };
  }
}

function* seeded(change: Partial<Scenario>, faults: Partial<Faults> = {}): Generator<Scenario> {
  for (const scenario of scenariosOf(1, 1_000))
    yield { ...scenario, ...change, faults: { ...scenario.faults, ...faults } };
}

/** Each lacks one mechanism; the invariants must notice every one of them. Composed here, never by a switch in the product. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  /** Anybody may create an entry that exists. */
  fence: {
    mutation: { store: (store) => withoutFence(store, () => true) },
    scenarios: () => seeded({}),
  },
  /** Every lease counts as free. */
  'lease-check': {
    mutation: { executor: (deps) => ({ ...deps, isGone: () => true }) },
    scenarios: () => everywhere('slowAt'),
  },
  /** Browsers may send after the lease is over. */
  'lease-bound-egress': {
    mutation: {
      executor: (deps) => ({
        ...deps,
        pool: {
          ...deps.pool,
          open: async (host, options) =>
            deps.pool.open(
              Object.assign(Object.create(host) as typeof host, {
                assertMayShow: () => undefined,
                mayFetch: () => true,
                resolveText: host.resolveText.bind(host),
                saveArtifact: host.saveArtifact.bind(host),
              }),
              options,
            ),
        },
      }),
    },
    scenarios: () => everywhere('pauseAt'),
  },
  /** What is about to be done is not written down first. */
  intent: {
    mutation: { executor: (deps) => ({ ...deps, store: withoutIntent(deps.store) }) },
    scenarios: () => everywhere('crashAt'),
  },
  /** Commits act as soon as their item closed, whether or not the plan comes to its end. */
  'class-hold': {
    mutation: {
      executor: (deps) => ({
        ...deps,
        // The order is the fourth item of its plan.
        store: withTurnsSeeming(deps.store, 'complete', 4),
      }),
    },
    scenarios: () => seeded({ modelTrouble: 0.1 }),
  },
  /** A request that is sent again is another one. */
  dedupe: {
    mutation: { withoutIdempotencyKey: true },
    scenarios: () => everywhere('crashAt'),
  },
  /** Whoever is asked for a plan streams into the turn, also one that another planner has. */
  'turn-claim': {
    mutation: {
      planner: (deps) => ({
        ...deps,
        store: withTurnsSeeming(
          withoutFence(deps.store, (path) => isTurn(path) || isStep(path)),
          'requested',
        ),
      }),
    },
    scenarios: () => seeded({}, { message: 0.4 }),
  },
  /** What a model says is kept where another tenant's runs are. */
  'tenant-path': {
    mutation: { store: (store) => withStepsOf(store, NEIGHBOUR, TENANT) },
    scenarios: () => seeded({ neighbour: true }),
  },
  /** Nobody looks for what stands still. */
  sweeper: {
    mutation: { withoutScheduler: true },
    scenarios: () => seeded({ silentPerson: true, named: false }),
  },
  /** A yes holds whatever stands in the form. */
  'digest-binding': {
    mutation: {
      facts: (facts) => ({
        ...facts,
        ...(facts.form && {
          form: {
            ...facts.form,
            fields: facts.form.fields.map((field) => ({ ...field, valueDigest: '' })),
          },
        }),
      }),
    },
    scenarios: () => seeded({ named: false, silentPerson: false, holdMs: 0, modelTrouble: 0.03 }),
  },
  /** Log-ins that were restored are believed in. */
  'restore-check': {
    mutation: {
      executor: (deps) =>
        withSessions(deps, (session) => ({
          lookUp: async (url) => ({ ...(await session.lookUp(url)), signIn: false }),
        })),
    },
    scenarios: () => everywhere('crashAt', { signIn: true, sessionOver: 1 }),
  },
  /** A look-up that always says that nothing happened. */
  probe: {
    mutation: {
      executor: (deps) =>
        withSessions(deps, () => ({ lookUp: async () => ({ text: 'No orders', signIn: false }) })),
    },
    scenarios: () => everywhere('crashAt'),
  },
};
