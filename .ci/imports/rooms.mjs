// The house rules as data. A room may import itself and what its row lists; everything else is an
// error, so a new direction or a new package is always a visible change to this file.

export const PORTS =
  '^shared/(state/state-store|bus/message-bus|secrets/secret-store|artifacts/artifact-store)\\.ts$';
const PORT_ROOM = '^shared/(state|bus|secrets|artifacts)/';
const AUDIT = '^shared/(audit|telemetry)/';
const AUDIT_ADAPTER = '^shared/(audit|telemetry)/(kms|local|cloud-storage)-[^/]+\\.ts$';
const CONTRACTS = '^shared/contracts/';
const CORE = '^shared/core/';
const RUNS = '^shared/runs/';
const POLICY = '^shared/policy/';
const JOURNAL = '^shared/journal/';
const PLATFORM = '^shared/platform/';
const TENANTS = '^shared/tenants/';
const CLIENT = '^shared/client/';
const HOSTING = '^shared/hosting/';
/** How messages travel, whatever the bus: pulled by adapters, pushed to functions. */
const DELIVERY = '^shared/bus/(delivery-rules|pubsub-attributes)\\.ts$';
const TESTING = '^shared/testing/';
/** Stand-ins for Google's services on one machine: for `rodex up --gcp-emulators`, tests and bench. */
const EMULATORS = '^shared/emulators/';
/** What the cli may name of a function: its top-level files (not its main), and these factories. */
const FACTORIES =
  '^functions/([^/]+/(?!main\\.ts$)[^/]+|executor/browser/(browser-pool|chromium-binary)|executor/egress/(egress|egress-proxy)|planner/gemini/(gemini-client|planning-event)|planner/offline/(offline-server|script|scripted-server)|cli/emulated/gcp-emulators)\\.ts$';
/** The bench drives the planner from scripts of its own. */
const OFFLINE_PLANNER = '^functions/planner/offline/';
const TEST = '(\\.(test|contract)|/__fixtures__/.+)\\.ts$';

const LOGIC = [PORTS, DELIVERY, AUDIT, JOURNAL, TENANTS, RUNS, POLICY, HOSTING, CORE, CONTRACTS];

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
  {
    name: 'tenants',
    files: TENANTS,
    may: [CONTRACTS, CORE, PORTS, AUDIT, RUNS, POLICY, JOURNAL],
  },
  { name: 'client', files: CLIENT, may: [CONTRACTS, CORE] },
  {
    name: 'platform',
    files: PLATFORM,
    may: [CONTRACTS, CORE, PORTS, PORT_ROOM, AUDIT, JOURNAL],
  },
  { name: 'hosting', files: HOSTING, may: [CONTRACTS, CORE, PORTS, DELIVERY] },
  { name: 'emulators', files: EMULATORS, may: [CONTRACTS, CORE] },
  { name: 'testing', files: TESTING, may: [...LOGIC, PORT_ROOM, CLIENT, PLATFORM, EMULATORS] },
  {
    name: 'cli',
    files: '^functions/cli/',
    may: [...LOGIC, PLATFORM, CLIENT, EMULATORS, FACTORIES],
  },
  {
    name: 'bench',
    files: '^functions/bench/',
    may: [...LOGIC, PLATFORM, CLIENT, EMULATORS, FACTORIES, OFFLINE_PLANNER, TESTING],
  },
  { name: 'mains', files: '^functions/([^/]+)/main\\.ts$', may: [...LOGIC, PLATFORM] },
  { name: 'mcp', files: '^functions/mcp/', may: [...LOGIC, CLIENT] },
  { name: 'functions', files: '^functions/([^/]+)/', may: LOGIC },
];

/** What a test may import on top of its room. */
export const TESTS = {
  files: TEST,
  shared: [...LOGIC, TESTING, EMULATORS],
  functions: [...LOGIC, TESTING, EMULATORS, PORT_ROOM, PLATFORM, CLIENT],
};

/** Every package of the product and the only files that may name it; `null` is everywhere. */
export const DOORS = {
  zod: '^(shared/(?!runs/|policy/)|functions/)',
  pino: '^shared/core/',
  '@opentelemetry/api': '^shared/telemetry/',
  '@opentelemetry/exporter-metrics-otlp-http': '^shared/telemetry/',
  '@opentelemetry/exporter-trace-otlp-http': '^shared/telemetry/',
  '@opentelemetry/resources': '^shared/telemetry/',
  '@opentelemetry/sdk-metrics': '^shared/telemetry/',
  '@opentelemetry/sdk-trace': '^shared/telemetry/',
  canonicalize: '^shared/(core|audit)/',
  'proper-lockfile':
    '^(shared/(state|bus|secrets|artifacts|audit)/|functions/(executor/browser|cli)/)',
  '@google-cloud/firestore': '^shared/state/firestore-[^/]+\\.ts$',
  '@google-cloud/pubsub': '^shared/bus/pubsub-[^/]+\\.ts$',
  '@google-cloud/secret-manager': '^shared/secrets/secret-manager-[^/]+\\.ts$',
  '@google-cloud/kms': '^shared/audit/kms-',
  '@google-cloud/storage': '^shared/(artifacts|audit)/cloud-storage-[^/]+\\.ts$',
  '@grpc/grpc-js': '^shared/(secrets/secret-manager-|audit/kms|emulators/)[^/]*',
  'google-auth-library': '^shared/(platform/|artifacts/cloud-storage-|hosting/|telemetry/)',
  '@grpc/proto-loader': '^shared/emulators/',
  '@google/genai': '^functions/planner/gemini/',
  '@google/generative-ai': '^functions/planner/gemini/',
  '@streamparser/json': '^functions/planner/',
  '@sparticuz/chromium': '^functions/executor/',
  'playwright-core': '^functions/(executor|bench)/',
  'ipaddr.js': '^shared/policy/',
  'pdf-lib': '^functions/(executor|site|bench)/',
  unpdf: '^functions/executor/',
  'eventsource-parser': '^(shared/client|functions/planner)/',
  express: '^(functions|shared/hosting)/',
  helmet: '^functions/api/',
  jose: '^(functions/api/identity/|shared/hosting/.*test)',
  '@modelcontextprotocol/sdk': '^functions/(mcp|cli)/',
  croner: '^shared/tenants/',
  'zod-openapi': '^functions/api/',
  'rate-limiter-flexible': '^functions/api/',
  ws: '^functions/planner/',
  '@google-cloud/functions-framework': '^(functions|shared/hosting)/',
  tldts: '^shared/policy/',
  otpauth: '^functions/(executor|cli)/',
  'file-type': '^functions/executor/',
  commander: '^functions/(cli|bench)/',
  read: '^functions/cli/',
};

/** Packages only tests (and shared/testing) may name. */
export const TEST_PACKAGES = [
  'vitest',
  'fast-check',
  '@redocly/openapi-core',
  'standardwebhooks',
  'cloudevents',
  'standardwebhooks',
];

/** node:sqlite only where the embedded platform keeps its data. */
export const SQLITE = '^shared/(state|bus|audit)/(sqlite|embedded)-[^/]+\\.ts$';

/** Rooms without I/O: these built-ins only compute. */
export const PURE = {
  files: '^shared/(contracts|runs|policy)/',
  builtins: '^(node:)?(crypto|url)$',
};
