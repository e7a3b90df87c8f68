// The house rules as data. A room may import itself and what its row lists; everything else is an
// error, so a new direction or a new package is always a visible change to this file.

export const PORTS =
  '^shared/(state/state-store|bus/message-bus|secrets/secret-store|artifacts/artifact-store)\\.ts$';
const PORT_ROOM = '^shared/(state|bus|secrets|artifacts)/';
const AUDIT = '^shared/(audit|telemetry)/';
const AUDIT_ADAPTER = '^shared/(audit|telemetry)/(kms|local)-[^/]+\\.ts$';
const CONTRACTS = '^shared/contracts/';
const CORE = '^shared/core/';
const RUNS = '^shared/runs/';
const POLICY = '^shared/policy/';
const JOURNAL = '^shared/journal/';
const PLATFORM = '^shared/platform/';
const CLIENT = '^shared/client/';
const TESTING = '^shared/testing/';
/** What the cli may name of a function: its top-level files (not its main), and these factories. */
const FACTORIES =
  '^functions/([^/]+/(?!main\\.ts$)[^/]+|executor/browser/(browser-pool|chromium-binary)|planner/gemini/gemini-client|planner/ledger/(prices|token-ledger)|planner/offline/(offline-server|script|scripted-server))\\.ts$';
/** The bench drives the planner from scripts of its own. */
const OFFLINE_PLANNER = '^functions/planner/offline/';
const TEST = '(\\.(test|contract)|/__fixtures__/.+)\\.ts$';

const LOGIC = [PORTS, AUDIT, JOURNAL, RUNS, POLICY, CORE, CONTRACTS];

/**
 * Rows are tried in order; the first whose `files` matches owns the file.
 * `own` is what belongs to the room itself; `$1` is the first group of `files`.
 */
export const ROOMS = [
  { name: 'contracts', files: '^shared/contracts/', may: [] },
  { name: 'core', files: '^shared/core/', may: [CONTRACTS] },
  { name: 'runs', files: '^shared/runs/', may: [CONTRACTS, CORE] },
  { name: 'policy', files: '^shared/policy/', may: [CONTRACTS, CORE] },
  { name: 'ports', files: PORTS, may: [CONTRACTS, CORE], own: '^$' },
  { name: 'adapters', files: PORT_ROOM, own: '^shared/$1/', may: [CONTRACTS, CORE] },
  { name: 'audit-adapters', files: AUDIT_ADAPTER, may: [CONTRACTS, CORE, PORTS, AUDIT] },
  { name: 'audit', files: '^shared/(audit|telemetry)/', may: [CONTRACTS, CORE, PORTS] },
  { name: 'journal', files: JOURNAL, may: [CONTRACTS, CORE, PORTS, AUDIT, RUNS] },
  { name: 'client', files: CLIENT, may: [CONTRACTS, CORE] },
  {
    name: 'platform',
    files: PLATFORM,
    may: [CONTRACTS, CORE, PORTS, PORT_ROOM, AUDIT, JOURNAL],
  },
  { name: 'testing', files: TESTING, may: [...LOGIC, PORT_ROOM, CLIENT, PLATFORM] },
  { name: 'cli', files: '^functions/cli/', may: [...LOGIC, PLATFORM, CLIENT, FACTORIES] },
  {
    name: 'bench',
    files: '^functions/bench/',
    may: [...LOGIC, PLATFORM, CLIENT, FACTORIES, OFFLINE_PLANNER, TESTING],
  },
  { name: 'mains', files: '^functions/([^/]+)/main\\.ts$', may: [...LOGIC, PLATFORM] },
  { name: 'functions', files: '^functions/([^/]+)/', may: LOGIC },
];

/** What a test may import on top of its room. */
export const TESTS = {
  files: TEST,
  shared: [...LOGIC, TESTING],
  functions: [...LOGIC, TESTING, PORT_ROOM, PLATFORM, CLIENT],
};

/** Every package of the product and the only files that may name it; `null` is everywhere. */
export const DOORS = {
  zod: '^(shared/(?!runs/|policy/)|functions/)',
  canonicalize: '^shared/(core|audit)/',
  'proper-lockfile':
    '^(shared/(state|bus|secrets|artifacts|audit)/|functions/(executor/browser|cli)/)',
  '@google-cloud/firestore': '^shared/state/firestore-[^/]+\\.ts$',
  '@google/genai': '^functions/planner/gemini/',
  '@google/generative-ai': '^functions/planner/gemini/',
  '@streamparser/json': '^functions/planner/',
  '@sparticuz/chromium': '^functions/executor/',
  'playwright-core': '^functions/(executor|bench)/',
  'pdf-lib': '^functions/(executor|site)/',
  'eventsource-parser': '^(shared/client|functions/planner)/',
  express: '^functions/',
  ws: '^functions/planner/',
  '@google-cloud/functions-framework': '^functions/',
  commander: '^functions/(cli|bench)/',
  read: '^functions/cli/',
};

/** Packages only tests (and shared/testing) may name. */
export const TEST_PACKAGES = ['vitest', 'fast-check'];

/** node:sqlite only where the embedded platform keeps its data. */
export const SQLITE = '^shared/(state|bus|audit)/(sqlite|embedded)-[^/]+\\.ts$';

/** Rooms without I/O: these built-ins only compute. */
export const PURE = {
  files: '^shared/(contracts|runs|policy)/',
  builtins: '^(node:)?(crypto|url)$',
};
