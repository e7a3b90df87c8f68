/** Where documents live in the state store. */
export const runsPath = (tenantId: string): string => `tenants/${tenantId}/runs`;
export const runPath = (tenantId: string, runId: string): string =>
  `${runsPath(tenantId)}/${runId}`;
export const logPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/log`;
/** Sequence numbers are padded so that paths sort like numbers. */
export const logEntryPath = (tenantId: string, runId: string, seq: number): string =>
  `${logPath(tenantId, runId)}/${String(seq).padStart(9, '0')}`;
export const leasePath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/lease/current`;
export const turnPath = (tenantId: string, runId: string, planEpoch: number): string =>
  `${runPath(tenantId, runId)}/turns/${planEpoch}`;
export const stepPath = (tenantId: string, runId: string, stepId: string): string =>
  `${runPath(tenantId, runId)}/steps/${stepId}`;
export const observationPath = (tenantId: string, runId: string, number: number): string =>
  `${runPath(tenantId, runId)}/observations/${number}`;
export const runLedgerPath = (tenantId: string, runId: string): string =>
  `${runPath(tenantId, runId)}/ledger/total`;
export const tenantLedgerPath = (tenantId: string): string => `tenants/${tenantId}/ledger/total`;
/** `day` is a date of UTC, such as 2026-11-22. */
export const dayLedgerPath = (tenantId: string, day: string): string =>
  `tenants/${tenantId}/ledger/${day}`;
