import { beforeAll, describe, expect, it } from 'vitest';

import { MemoryArchive, writeSampleExport } from '../testing/sample-export.ts';
import { memoryVault } from '../testing/memory-vault.ts';
import { DAMAGES, type Draw, type Target } from './__fixtures__/damages.ts';
import { checkpointName, readListing } from './export-format.ts';
import { createLocalCheckpointSigner } from './local-checkpoint-signer.ts';
import { noteKey, parseNoteKey, formatNoteKey, type NoteKey } from './signed-note.ts';
import { verifyExport, type VerifiedPrefix } from './verify-export.ts';

const SEED = 20_261_127;
const TENANT = 'acme';
const signer = createLocalCheckpointSigner('rodex/test', Buffer.alloc(32, 7));
const stranger = createLocalCheckpointSigner('rodex/other', Buffer.alloc(32, 8));

function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  // xorshift32: the same damages in every run.
  return (max) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % max;
  };
}

let key: NoteKey;
beforeAll(async () => {
  key = parseNoteKey(formatNoteKey(noteKey(signer.name, await signer.publicKey())));
});

async function exportOf(entries: number, segment: number): Promise<MemoryArchive> {
  const archive = new MemoryArchive();
  const { cipher } = await memoryVault().create(TENANT, 'run_00000000000000000000');
  await writeSampleExport(archive, {
    tenantId: TENANT,
    cipher,
    signer,
    entries,
    segment,
    logsAtOnce: 5,
    logLength: 23,
    event: (index) => ({ type: 'run.cancel-requested', reason: `reason ${index}` }),
  });
  return archive;
}

async function targetOf(archive: MemoryArchive): Promise<Target> {
  const { segments } = readListing(await archive.list(`${TENANT}/`));
  return { archive, tenantId: TENANT, segments, signer, stranger };
}

describe('an export that nobody touched', () => {
  it.each([1, 99, 100, 101, 1_000])('verifies with %d entries', async (entries) => {
    const archive = await exportOf(entries, 100);
    const verdict = await verifyExport(archive, { tenantId: TENANT, key });
    expect(verdict).toMatchObject({ ok: true, size: entries, freshness: 'unknown' });
    const note = (await archive.get(checkpointName(TENANT, entries)))?.toString() ?? '';
    const since = await verifyExport(archive, { tenantId: TENANT, key, since: note });
    expect(since).toMatchObject({ ok: true, freshness: 'not older than the given checkpoint' });
  });

  it('counts the entries of one run', async () => {
    const runId = `run_${'0'.repeat(20)}`;
    const archive = await exportOf(1_000, 100);
    expect(await verifyExport(archive, { tenantId: TENANT, key, runId })).toMatchObject({
      run: { entries: 23 },
    });
    await expect(
      verifyExport(archive, { tenantId: TENANT, key, runId: 'run_zzzzzzzzzzzzzzzzzzzz' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is not one of another tenant or of nobody', async () => {
    const archive = await exportOf(100, 100);
    await expect(verifyExport(archive, { tenantId: 'b', key })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(
      verifyExport(archive, { tenantId: TENANT, key, since: 'no note' }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
    const moved = new MemoryArchive(
      new Map([...archive.objects].map(([name, bytes]) => [name.replace(TENANT, 'b'), bytes])),
    );
    expect(await verifyExport(moved, { tenantId: 'b', key })).toMatchObject({
      damage: 'swapped-runs',
    });
  });
});

describe(`an export of 10,000 entries, damaged 1,000 times (seed ${SEED})`, () => {
  let whole: MemoryArchive;
  const prefixes: VerifiedPrefix[] = [];
  beforeAll(async () => {
    whole = await exportOf(10_000, 250);
    const onSegment = (prefix: VerifiedPrefix): void => void prefixes.push(prefix);
    expect(await verifyExport(whole, { tenantId: TENANT, key, onSegment })).toMatchObject({
      ok: true,
    });
  }, 60_000);

  /** What lies before the first object that was touched was verified once and need not be again. */
  function resumeOf(archive: MemoryArchive): VerifiedPrefix | undefined {
    const changed = [...whole.objects].filter(
      ([name, bytes]) => archive.objects.get(name) !== bytes,
    );
    const first = Math.min(...changed.map(([name]) => Number(/\d{12}/.exec(name)?.[0] ?? 0)));
    return prefixes.findLast(
      ({ size }) =>
        size < first ||
        (size === first &&
          size % 250 === 0 &&
          !changed.some(([name]) => name === checkpointName(TENANT, size))),
    );
  }

  const kinds = Object.entries(DAMAGES);
  const each = Math.ceil(1_000 / kinds.length);

  it.each(kinds)(
    'names %s, and the entry, every time',
    async (name, damage) => {
      const draw = drawFrom(SEED + name.length * 7_919);
      for (let n = 0; n < each; n += 1) {
        const archive = new MemoryArchive(whole.objects);
        const expected = await damage(await targetOf(archive), draw);
        const { since } = expected;
        const resume = n === 0 ? undefined : resumeOf(archive);
        const verdict = await verifyExport(archive, {
          tenantId: TENANT,
          key,
          ...(resume && { resume }),
          ...(since !== undefined && { since }),
        });
        const named = verdict.ok ? 'ok' : { damage: verdict.damage, index: verdict.index };
        expect(named, `${name} ${n}`).toEqual({ damage: expected.damage, index: expected.index });
        // What only an earlier checkpoint can tell is not told without one.
        if (since !== undefined && n === 0)
          expect((await verifyExport(archive, { tenantId: TENANT, key })).ok).toBe(true);
      }
    },
    120_000,
  );
});
