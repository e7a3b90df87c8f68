/**
 * List prices of Google Cloud in USD, November 2026, us-central1, beyond the free tier: the only table of them. docs/architecture/google-cloud.md
 * shows it, `rodex deploy plan` counts with it. Nothing fetches them: look them up before you rely on them.
 */
export const GCP_PRICES = {
  documentWrites: { what: 'Firestore writes', unit: '100,000', usd: 0.09, per: 100_000 },
  documentReads: { what: 'Firestore reads', unit: '100,000', usd: 0.03, per: 100_000 },
  documentDeletes: { what: 'Firestore deletes', unit: '100,000', usd: 0.01, per: 100_000 },
  messageBytes: { what: 'Pub/Sub, 1 KiB a message at least', unit: 'TiB', usd: 40, per: 2 ** 40 },
  objectWrites: { what: 'Cloud Storage class A operations', unit: '1,000', usd: 0.005, per: 1_000 },
  objectReads: { what: 'Cloud Storage class B operations', unit: '1,000', usd: 0.0004, per: 1_000 },
  secretReads: { what: 'Secret Manager access', unit: '10,000', usd: 0.03, per: 10_000 },
  secretVersions: { what: 'Secret Manager version', unit: 'month', usd: 0.06, per: 1 },
  keyUses: { what: 'KMS operations', unit: '10,000', usd: 0.03, per: 10_000 },
  keyVersions: { what: 'KMS key version, software', unit: 'month', usd: 0.06, per: 1 },
  requestCpu: { what: 'Cloud Run, billed by request', unit: 'vCPU-s', usd: 0.000024, per: 1 },
  requestMemory: { what: 'Cloud Run, billed by request', unit: 'GiB-s', usd: 0.0000025, per: 1 },
  instanceCpu: { what: 'Cloud Run, billed by instance', unit: 'vCPU-s', usd: 0.000018, per: 1 },
  instanceMemory: { what: 'Cloud Run, billed by instance', unit: 'GiB-s', usd: 0.000002, per: 1 },
  natInstances: { what: 'Cloud NAT', unit: 'instance-hour', usd: 0.0014, per: 1 },
  natAddresses: { what: 'address of Cloud NAT', unit: 'hour', usd: 0.005, per: 1 },
  schedulerJobs: { what: 'Cloud Scheduler job', unit: 'month', usd: 0.1, per: 1 },
  imageStorage: { what: 'Artifact Registry', unit: 'GiB-month', usd: 0.1, per: 1 },
} as const satisfies Readonly<
  Record<
    string,
    { readonly what: string; readonly unit: string; readonly usd: number; readonly per: number }
  >
>;

export type Priced = keyof typeof GCP_PRICES;

export function usdOf(what: Priced, amount: number): number {
  const { usd, per } = GCP_PRICES[what];
  return (amount / per) * usd;
}
