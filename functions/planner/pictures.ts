import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { StoredObservation, Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RawPart } from './gemini/planning-event.ts';

/** Pictures leave a conversation this many at a time, so that its prefix does not change in every turn. */
const BATCH = 8;
/** The newest that always stay. */
const KEPT = 3;
/** Of all pictures of one request; the service takes 20 MB, in base64. */
const MAX_BYTES = 12 * 1024 * 1024;

/** Numbers of the observations whose picture is part of the conversation, oldest first. */
export function keptPictures(
  turns: readonly Turn[],
  observations: ReadonlyMap<number, StoredObservation>,
): readonly number[] {
  const pictured = turns
    .map((turn) => turn.observation)
    .filter((number) => observations.get(number)?.picture !== undefined);
  return pictured.slice(BATCH * Math.floor(Math.max(0, pictured.length - KEPT) / BATCH));
}

/** The pictures of a conversation, by number of observation; one whose file is gone is left out. */
export async function readPictures(
  artifacts: Pick<ArtifactStore, 'get'> | undefined,
  { tenantId, runId }: Pick<Run, 'tenantId' | 'runId'>,
  turns: readonly Turn[],
  observations: ReadonlyMap<number, StoredObservation>,
): Promise<ReadonlyMap<number, RawPart>> {
  const pictures = new Map<number, RawPart>();
  let bytes = 0;
  for (const number of keptPictures(turns, observations).toReversed()) {
    const name = observations.get(number)?.picture;
    if (!artifacts || name === undefined) continue;
    try {
      const { content } = await artifacts.get(tenantId, runId, name);
      bytes += content.byteLength;
      if (bytes > MAX_BYTES) break;
      const data = Buffer.from(content).toString('base64');
      pictures.set(number, { inlineData: { mimeType: 'image/png', data } });
    } catch (error) {
      if (!AppError.is(error, 'not_found')) throw error;
    }
  }
  return pictures;
}
