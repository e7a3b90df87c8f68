import type { z } from 'zod';

import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { Outcome } from '../../shared/contracts/outcome.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { SessionHost } from './browser-session.ts';

export type Json = z.infer<ReturnType<typeof z.json>>;

/** A document of the store holds 1 MiB, and a log entry holds more than data. */
const MAX_INLINE_CHARS = 250_000;

/** Stands for data that was too large for the log: the artifact that holds it. */
function referenceIn(value: Json | undefined): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const name = value['$artifact'];
  return typeof name === 'string' ? name : undefined;
}

/** Data that is large goes into an artifact; the log keeps its name and digest. */
export async function keepData(host: SessionHost, name: string, data: Json): Promise<Json> {
  const text = JSON.stringify(data);
  if (text.length <= MAX_INLINE_CHARS) return data;
  const content = new TextEncoder().encode(text);
  const artifact = await host.saveArtifact(`${name}.json`, 'application/json', 'body', content);
  return { $artifact: artifact.name, digest: artifact.digest, bytes: artifact.bytes };
}

export async function keepOutcome(
  host: SessionHost,
  stepId: string,
  outcome: Outcome,
): Promise<Outcome> {
  if (outcome.data === undefined) return outcome;
  return { ...outcome, data: await keepData(host, `data-${stepId}`, outcome.data) };
}

/** The data itself, from the artifact where it was put into one. */
export async function loadData(
  artifacts: ArtifactStore,
  run: Run,
  data: Json | undefined,
): Promise<Json | undefined> {
  const name = referenceIn(data);
  if (name === undefined) return data;
  const { content } = await artifacts.get(run.tenantId, run.runId, name);
  return JSON.parse(new TextDecoder().decode(content)) as Json;
}
