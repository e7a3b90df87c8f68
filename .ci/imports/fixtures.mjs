// One violation per rule; `npm run check` fails if any of these goes unreported.
// The stubs are what the violations point at.
const one = 'export const one = 1;\n';
const use = (path) => `import { one } from '${path}';\nexport const two = one;\n`;
const typeOf = (path) => `import type { one } from '${path}';\nexport type Two = typeof one;\n`;
const vendor = (name) => `import * as vendor from '${name}';\nexport const two = vendor;\n`;

const late = (path) => `export const two = async () => import('${path}');\n`;
const using = (path) =>
  `import { one } from '${path}';\nexport async function two() {\n  await using held = one;\n  using more = held;\n  return more;\n}\n`;

export const STUBS = {
  'shared/contracts/run.ts': one,
  'shared/core/clock.ts': use('../contracts/run.ts'),
  'shared/runs/step.ts': use('../core/clock.ts'),
  'shared/policy/origins.ts': use('../core/clock.ts'),
  'shared/state/state-store.ts': use('../contracts/run.ts'),
  'shared/state/sqlite-state-store.ts': `import 'node:sqlite';\n${use('./state-store.ts')}`,
  'shared/bus/message-bus.ts': one,
  'shared/audit/chain.ts': use('../state/state-store.ts'),
  'shared/journal/journal.ts': use('../audit/chain.ts'),
  'shared/platform/platform.ts': use('../state/sqlite-state-store.ts'),
  'shared/client/client.ts': use('../contracts/run.ts'),
  'shared/state/sqlite-state-store.test.ts': use('../testing/twin.ts'),
  'shared/testing/twin.ts': use('../state/state-store.ts'),
  'shared/core/cycle-b.ts': use('./cycle-a.ts'),
  'functions/api/create-api.ts': use('../../shared/journal/journal.ts'),
  'functions/api/routes/runs.ts': use('../create-api.ts'),
  'functions/api/main.ts': use('../../shared/platform/platform.ts'),
  'functions/api/create-api.test.ts': use('../../shared/testing/twin.ts'),
  'functions/cli/up.ts': use('../api/create-api.ts'),
  'functions/planner/gemini/stream.ts': vendor('@google/generative-ai'),
};

export const VIOLATIONS = [
  ['room-contracts', 'shared/contracts/bad.ts', use('../core/clock.ts')],
  ['room-core', 'shared/core/bad.ts', use('../runs/step.ts')],
  ['room-runs', 'shared/runs/bad.ts', typeOf('../state/state-store.ts')],
  ['room-runs', 'shared/runs/bad-late.ts', late('../state/state-store.ts')],
  ['room-runs', 'shared/runs/bad-using.ts', using('../state/state-store.ts')],
  ['room-policy', 'shared/policy/bad.ts', use('../runs/step.ts')],
  ['room-ports', 'shared/secrets/secret-store.ts', use('../state/state-store.ts')],
  ['room-adapters', 'shared/bus/pubsub-message-bus.ts', use('../state/state-store.ts')],
  ['room-audit-adapters', 'shared/audit/kms-signer.ts', use('../state/sqlite-state-store.ts')],
  ['room-audit', 'shared/audit/bad.ts', use('../journal/journal.ts')],
  ['room-journal', 'shared/journal/bad.ts', use('../policy/origins.ts')],
  ['room-tenants', 'shared/tenants/bad.ts', use('../client/client.ts')],
  ['room-mcp', 'functions/mcp/bad.ts', use('../api/create-api.ts')],
  ['room-client', 'shared/client/bad.ts', use('../journal/journal.ts')],
  ['room-platform', 'shared/platform/bad.ts', use('../client/client.ts')],
  ['room-hosting', 'shared/hosting/bad.ts', use('../state/sqlite-state-store.ts')],
  ['room-emulators', 'shared/emulators/bad.ts', use('../state/state-store.ts')],
  ['room-testing', 'shared/testing/bad.ts', use('../../functions/api/create-api.ts')],
  ['room-cli', 'functions/cli/bad.ts', use('../api/routes/runs.ts')],
  ['room-bench', 'functions/bench/bad.ts', use('../api/main.ts')],
  ['room-mains', 'functions/scheduler/main.ts', use('../api/create-api.ts')],
  ['room-functions', 'functions/executor/bad-sibling.ts', use('../api/create-api.ts')],
  [
    'room-functions',
    'functions/executor/bad-adapter.ts',
    use('../../shared/state/sqlite-state-store.ts'),
  ],
  [
    'room-functions',
    'functions/executor/bad-platform.ts',
    use('../../shared/platform/platform.ts'),
  ],
  ['tests-contracts', 'shared/contracts/bad.test.ts', use('../platform/platform.ts')],
  ['tests-functions', 'functions/executor/bad.test.ts', use('../api/create-api.ts')],
  ['testing-stays-in-tests', 'functions/api/bad-testing.ts', use('../../shared/testing/twin.ts')],
  ['no-unresolvable', 'functions/api/bad-missing.ts', use('./nowhere.ts')],
  ['no-unresolvable', 'functions/api/bad-package.ts', vendor('left-pad-of-nowhere')],
  ['no-cycle', 'shared/core/cycle-a.ts', use('./cycle-b.ts')],
  ['pure-rooms', 'shared/runs/bad-io.ts', `import 'node:fs';\n`],
  ['door-sqlite', 'functions/api/bad-sqlite.ts', `import 'node:sqlite';\n`],
  ['door-unlisted', 'functions/api/bad-unlisted.ts', vendor('typescript')],
  ['door-test-packages', 'functions/api/bad-vitest.ts', vendor('fast-check')],
  ['guard-homeless', 'shared/utils/bad.ts', one],
];
