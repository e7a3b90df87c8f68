import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { AppError } from '../core/errors.ts';
import type { AuditArchive } from './audit-archive.ts';
import { checkpointName, parseLeaf, readListing } from './export-format.ts';
import { consistencyProof, inclusionProof, LeafHashes, leafHash } from './merkle-tree.ts';
import { readSegment } from './read-export.ts';

/** That the tree of an earlier checkpoint is the beginning of this one's. */
export interface GrowthProof {
  readonly format: 'rodex-proof/1';
  readonly checkpoint: string;
  readonly earlier: { readonly checkpoint: string; readonly path: readonly string[] };
}

/** What a third party needs, beside the public key, to check that an entry is in the signed log. `docs/security/verify-audit.mjs` checks it. */
export interface EntryProof extends Pick<GrowthProof, 'format' | 'checkpoint'> {
  readonly entry: StoredLogEntry;
  /** Place in the tenant's tree, from 0. */
  readonly index: number;
  /** Inclusion path of RFC 9162, base64, from the leaf up. */
  readonly path: readonly string[];
  readonly earlier?: GrowthProof['earlier'];
}

type Archive = Pick<AuditArchive, 'get' | 'list'>;
type Where = Pick<StoredLogEntry, 'runId' | 'seq'>;

/** Errors: `not_found` when the entry was not exported (yet), or there is no checkpoint of size `earlier`. */
export async function proveEntry(
  archive: Archive,
  tenantId: string,
  where: Where,
  earlier?: number,
): Promise<EntryProof> {
  const { leaves, found } = await readTree(archive, tenantId, where);
  const name = `entry ${where.seq} of ${where.runId}`;
  if (!found)
    throw new AppError(
      'not_found',
      `${name} is not in the export of tenant ${tenantId} (${leaves.size} entries); \`rodex audit export\` brings it up to date`,
    );
  const checkpoint = await noteOf(archive, tenantId, leaves.size);
  const path = base64(inclusionProof(leaves, found.index));
  const growth =
    earlier === undefined ? undefined : await growthOf(archive, tenantId, leaves, earlier);
  return {
    format: 'rodex-proof/1',
    ...found,
    path,
    checkpoint,
    ...(growth && { earlier: growth }),
  };
}

/** Errors: `not_found` when there is no checkpoint of size `earlier`. */
export async function proveGrowth(
  archive: Archive,
  tenantId: string,
  earlier: number,
): Promise<GrowthProof> {
  const { leaves } = await readTree(archive, tenantId);
  return {
    format: 'rodex-proof/1',
    checkpoint: await noteOf(archive, tenantId, leaves.size),
    earlier: await growthOf(archive, tenantId, leaves, earlier),
  };
}

const base64 = (path: readonly Buffer[]): string[] => path.map((hash) => hash.toString('base64'));

async function growthOf(
  archive: Archive,
  tenantId: string,
  leaves: LeafHashes,
  earlier: number,
): Promise<GrowthProof['earlier']> {
  return {
    checkpoint: await noteOf(archive, tenantId, earlier),
    path: base64(consistencyProof(leaves, earlier)),
  };
}

async function readTree(
  archive: Archive,
  tenantId: string,
  where?: Where,
): Promise<{ leaves: LeafHashes; found: Pick<EntryProof, 'entry' | 'index'> | undefined }> {
  const listing = readListing(await archive.list(`${tenantId}/`));
  const leaves = new LeafHashes();
  let found: Pick<EntryProof, 'entry' | 'index'> | undefined;
  for (const segment of listing.segments) {
    const lines = await readSegment(archive, tenantId, segment);
    for (const [n, line] of (lines.leaves ?? []).entries()) {
      const leaf = parseLeaf(line);
      if (where && leaf?.runId === where.runId && leaf.seq === where.seq)
        found = {
          index: leaves.size,
          entry: JSON.parse(lines.entries?.[n] ?? 'null') as StoredLogEntry,
        };
      leaves.append(leafHash(line));
    }
  }
  return { leaves, found };
}

async function noteOf(archive: Archive, tenantId: string, size: number): Promise<string> {
  const note = await archive.get(checkpointName(tenantId, size));
  if (note) return note.toString('utf8');
  throw new AppError('not_found', `there is no checkpoint of size ${size} of tenant ${tenantId}`);
}
