/** Where documents live in the state store. */
export const runsPath = (tenantId: string): string => `tenants/${tenantId}/runs`;
export const runPath = (tenantId: string, runId: string): string =>
  `${runsPath(tenantId)}/${runId}`;
export const logPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/log`;
/** Sequence numbers are padded so that paths sort like numbers. */
export const logEntryPath = (tenantId: string, runId: string, seq: number): string =>
  `${logPath(tenantId, runId)}/${String(seq).padStart(9, '0')}`;
export const runKeyPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/key/current`;
/** A tenant's own log: what belongs to no run. */
export const tenantLogPath = (tenantId: string): string => `tenants/${tenantId}/tenantLog`;
export const tenantLogEntryPath = (tenantId: string, seq: number): string =>
  `${tenantLogPath(tenantId)}/${String(seq).padStart(9, '0')}`;
/** The Merkle tree over a tenant's logs: where it stands, what each checkpoint added, how far each log is in it. */
export const treePath = (tenantId: string): string => `tenants/${tenantId}/audit/tree`;
export const checkpointPath = (tenantId: string, size: number): string =>
  `tenants/${tenantId}/checkpoints/${String(size).padStart(12, '0')}`;
export const treeCursorPath = (tenantId: string, runId: string): string =>
  `tenants/${tenantId}/treeCursors/${runId}`;
/** Runs whose removal has begun: it is gone on with until nothing is left of them. */
export const pruningPath = (tenantId: string): string => `tenants/${tenantId}/pruning`;
export const leasePath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/lease/current`;
export const turnPath = (tenantId: string, runId: string, planEpoch: number): string =>
  `${runPath(tenantId, runId)}/turns/${planEpoch}`;
export const stepPath = (tenantId: string, runId: string, stepId: string): string =>
  `${runPath(tenantId, runId)}/steps/${stepId}`;
export const observationPath = (tenantId: string, runId: string, number: number): string =>
  `${runPath(tenantId, runId)}/observations/${number}`;
/** What a run still has to tell others. */
export const outboxPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/outbox`;
export const outboxEventPath = (tenantId: string, runId: string, seq: number): string =>
  `${outboxPath(tenantId, runId)}/${String(seq).padStart(9, '0')}`;
/** The salt of a run's digests of values; never served. */
export const saltPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/keys/values`;
/** What a person gave this run to type. */
export const givenSecretPath = (tenantId: string, runId: string, name: string): string =>
  `${runPath(tenantId, runId)}/given/${name}`;
/** What a person who has the browser does in it, on its way there. */
export const takeOverInputsPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/inputs`;
/** How a credential is used, across runs. */
export const credentialUsePath = (tenantId: string, name: string): string =>
  `tenants/${tenantId}/credentialUses/${name}`;
export const tenantPolicyPath = (tenantId: string): string => `tenants/${tenantId}/policy/floor`;
export const runLedgerPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/ledger/total`;
export const tenantPath = (tenantId: string): string => `tenants/${tenantId}`;
/** Which runs have the tenant's places for runs under way. */
export const seatsPath = (tenantId: string): string => `tenants/${tenantId}/usage/seats`;
export const storageUsePath = (tenantId: string): string => `tenants/${tenantId}/usage/storage`;
export const tenantLedgerPath = (tenantId: string): string => `tenants/${tenantId}/ledger/total`;
/** `day` is a date of UTC, such as 2026-11-22. */
export const dayLedgerPath = (tenantId: string, day: string): string =>
  `tenants/${tenantId}/ledger/${day}`;
/** Artifacts whose names begin so are the platform's own: encrypted, never listed or served. */
export const STATE_PREFIX = 'browser-state-';
/** What a run's browser shows to a person who has taken it over. */
export const TAKE_OVER_FRAME = `${STATE_PREFIX}take-over.png`;
