import type { StoredLogEntry } from '../../contracts/stored-log-entry.ts';
import type { MemoryArchive } from '../../testing/sample-export.ts';
import type { CheckpointSigner } from '../checkpoint-signer.ts';
import {
  checkpointName,
  entriesName,
  leafData,
  leavesName,
  linesOf,
  type Segment,
} from '../export-format.ts';
import { leafHash, TreeFrontier } from '../merkle-tree.ts';
import type { ExportDamage } from '../read-export.ts';
import { sealEntry } from '../seal-entry.ts';
import { parseCheckpoint, signCheckpoint } from '../signed-note.ts';

/** A seeded source of random whole numbers below `max`. */
export type Draw = (max: number) => number;

/** What a damage should be called, and at which entry; `since` when it can be seen only against an earlier checkpoint. */
export interface Expected {
  readonly damage: ExportDamage;
  readonly index: number;
  readonly since?: string;
}

export interface Target {
  readonly archive: MemoryArchive;
  readonly tenantId: string;
  readonly segments: readonly Segment[];
  readonly signer: CheckpointSigner;
  readonly stranger: CheckpointSigner;
}

type Damager = (target: Target, draw: Draw) => Promise<Expected>;

interface Line {
  readonly segment: Segment;
  readonly at: number;
  readonly index: number;
}

const size = ({ segments }: Target): number => segments.at(-1)?.size ?? 0;
const text = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);

function lineAt({ segments }: Target, index: number): Line {
  const segment = segments.find(({ size: end }) => index < end);
  if (!segment) throw new Error(`no entry ${index}`);
  return { segment, at: index - segment.from, index };
}

function linesIn({ archive, tenantId }: Target, segment: Segment): string[] {
  return linesOf(archive.objects.get(entriesName(tenantId, segment)) ?? Buffer.alloc(0));
}

const entryOf = (line: string | undefined): StoredLogEntry =>
  JSON.parse(line ?? '') as StoredLogEntry;

async function change(
  target: Target,
  segment: Segment,
  work: (lines: string[]) => string[],
): Promise<void> {
  await target.archive.put(entriesName(target.tenantId, segment), text(work(linesIn(target, segment))));
}

/** The leaves of the segment as they follow from its entries now. */
async function coverUp(target: Target, segment: Segment): Promise<void> {
  const leaves = linesIn(target, segment).map((line) => leafData(entryOf(line)));
  await target.archive.put(leavesName(target.tenantId, segment), text(leaves));
}

function resealed(entry: StoredLogEntry, over: Partial<StoredLogEntry>): StoredLogEntry {
  const changed = { ...entry, ...over };
  return sealEntry(changed, {
    type: changed.type ?? '',
    payload: changed.payload ?? '',
    sealed: changed.sealed ?? '',
  });
}

/** An entry whose run has another one after it in the same segment. */
function withSuccessor(target: Target, draw: Draw, from = 0): Line {
  for (;;) {
    const line = lineAt(target, from + draw(size(target) - from));
    const lines = linesIn(target, line.segment);
    const { runId } = entryOf(lines[line.at]);
    if (lines.slice(line.at + 1).some((other) => entryOf(other).runId === runId)) return line;
  }
}

const edits: readonly ((entry: StoredLogEntry, draw: Draw) => StoredLogEntry)[] = [
  (entry) => ({ ...entry, actor: 'user:mallory' }),
  (entry) => ({ ...entry, at: '2020-01-01T00:00:00.000Z' }),
  (entry, draw) => {
    const sealed = Buffer.from(entry.sealed ?? '', 'base64');
    const byte = draw(sealed.length);
    sealed[byte] = (sealed[byte] ?? 0) ^ (1 << draw(8));
    return { ...entry, sealed: sealed.toString('base64') };
  },
  ({ sealed: _sealed, ...rest }) => rest,
  (entry) => ({ ...entry, hash: 'f'.repeat(64) }),
  (entry) => resealed(entry, { actor: 'user:mallory' }),
  (entry) => resealed(entry, { type: 'step.refused' }),
];

/** Every kind of damage, with what a verifier must call it. */
export const DAMAGES: Readonly<Record<string, Damager>> = {
  'an entry edited': async (target, draw) => {
    const { segment, at, index } = lineAt(target, draw(size(target)));
    const edit = edits[draw(edits.length)];
    await change(target, segment, (lines) =>
      lines.with(at, JSON.stringify(edit?.(entryOf(lines[at]), draw))),
    );
    return { damage: 'edited', index };
  },
  'an entry edited and sealed anew, the leaf too': async (target, draw) => {
    const { segment, at, index } = withSuccessor(target, draw);
    await change(target, segment, (lines) =>
      lines.with(at, JSON.stringify(resealed(entryOf(lines[at]), { actor: 'user:mallory' }))),
    );
    await coverUp(target, segment);
    return { damage: 'edited', index };
  },
  'garbage in the place of an entry': async (target, draw) => {
    const { segment, at, index } = lineAt(target, draw(size(target)));
    await change(target, segment, (lines) => lines.with(at, (lines[at] ?? '').slice(draw(200))  || 'x'));
    return { damage: 'edited', index };
  },
  'an entry deleted': async (target, draw) => {
    const { segment, at, index } = lineAt(target, draw(size(target) - 1));
    await change(target, segment, (lines) => lines.toSpliced(at, 1));
    return { damage: 'deleted', index };
  },
  'an entry deleted, the leaf too': async (target, draw) => {
    const { segment, at } = withSuccessor(target, draw);
    const { runId, seq } = entryOf(linesIn(target, segment)[at]);
    await change(target, segment, (lines) => lines.toSpliced(at, 1));
    await coverUp(target, segment);
    // It is missed where its successor stands.
    const next = linesIn(target, segment).findIndex((line) => {
      const entry = entryOf(line);
      return entry.runId === runId && entry.seq > seq;
    });
    return { damage: 'deleted', index: segment.from + next };
  },
  'a segment deleted': async (target, draw) => {
    const segment = target.segments[draw(target.segments.length - 1)] ?? { from: 0, size: 0 };
    target.archive.objects.delete(entriesName(target.tenantId, segment));
    if (draw(2) === 0) target.archive.objects.delete(leavesName(target.tenantId, segment));
    return { damage: 'deleted', index: segment.from };
  },
  'an entry inserted': async (target, draw) => {
    const { segment, at, index } = lineAt(target, draw(size(target)));
    const other = linesIn(target, lineAt(target, draw(size(target))).segment)[0];
    const stranger = [
      JSON.stringify(resealed(entryOf(other), { actor: 'user:mallory' })),
      JSON.stringify({ ...entryOf(other), actor: 'user:mallory' }),
    ][draw(2)];
    await change(target, segment, (lines) => lines.toSpliced(at, 0, stranger ?? ''));
    return { damage: 'inserted', index };
  },
  'an entry copied': async (target, draw) => {
    const from = draw(size(target) - 1);
    const copied = lineAt(target, from);
    const line = linesIn(target, copied.segment)[copied.at] ?? '';
    const { segment, at, index } = lineAt(target, from + 1 + draw(size(target) - from - 1));
    await change(target, segment, (lines) => lines.toSpliced(at, 0, line));
    return { damage: 'inserted', index };
  },
  'entries of a run exchanged': async (target, draw) => {
    const one = withSuccessor(target, draw);
    const lines = linesIn(target, one.segment);
    const { runId } = entryOf(lines[one.at]);
    const other = lines.findIndex((line, at) => at > one.at && entryOf(line).runId === runId);
    await change(target, one.segment, (all) =>
      all.with(one.at, all[other] ?? '').with(other, all[one.at] ?? ''),
    );
    if (draw(2) === 0) await coverUp(target, one.segment);
    return { damage: 'reordered', index: one.index };
  },
  'an entry moved': async (target, draw) => {
    const segment = target.segments[draw(target.segments.length)] ?? { from: 0, size: 0 };
    const from = draw(segment.size - segment.from - 2);
    const to = from + 2 + draw(segment.size - segment.from - from - 2);
    await change(target, segment, (lines) =>
      lines.toSpliced(from, 1).toSpliced(to, 0, lines[from] ?? ''),
    );
    return { damage: 'reordered', index: segment.from + from };
  },
  'the end cut off': async (target, draw) => {
    const index = draw(size(target) - 1) + 1;
    const { segment, at } = lineAt(target, index);
    for (const later of target.segments.filter(({ from }) => from > segment.from)) {
      target.archive.objects.delete(entriesName(target.tenantId, later));
      target.archive.objects.delete(leavesName(target.tenantId, later));
    }
    await change(target, segment, (lines) => lines.slice(0, at));
    if (at === 0) {
      target.archive.objects.delete(entriesName(target.tenantId, segment));
      target.archive.objects.delete(leavesName(target.tenantId, segment));
    }
    return { damage: 'truncated', index };
  },
  'another history, signed by the right key': async (target, draw) => {
    const last = target.segments.at(-1) ?? { from: 0, size: 0 };
    const since = noteOf(target, last.size);
    // Near the end: everything behind it is made anew.
    const { segment, at } = withSuccessor(target, draw, last.size - 600);
    const { runId } = entryOf(linesIn(target, segment)[at]);
    await forgeFrom(target, segment, at, runId);
    return { damage: 'forked', index: last.size - 1, since };
  },
  'a history that holds in itself under the old checkpoint': async (target, draw) => {
    const { segment, at } = withSuccessor(target, draw);
    const { runId } = entryOf(linesIn(target, segment)[at]);
    await change(target, segment, (lines) => relinked(lines, at, runId).lines);
    await coverUp(target, segment);
    return { damage: 'forked', index: segment.from };
  },
  'a checkpoint signed by another key': async (target, draw) => {
    const segment = target.segments[draw(target.segments.length)] ?? { from: 0, size: 0 };
    const checkpoint = parseCheckpoint(noteOf(target, segment.size));
    if (!checkpoint) throw new Error('no checkpoint');
    const note = await signCheckpoint(target.stranger, checkpoint);
    await target.archive.put(checkpointName(target.tenantId, segment.size), Buffer.from(note));
    return { damage: 'wrong-key', index: segment.size - 1 };
  },
  'a checkpoint edited': async (target, draw) => {
    const segment = target.segments[draw(target.segments.length)] ?? { from: 0, size: 0 };
    const note = noteOf(target, segment.size).replace('at 20', 'at 19');
    await target.archive.put(checkpointName(target.tenantId, segment.size), Buffer.from(note));
    return { damage: 'edited', index: segment.size - 1 };
  },
  'all put back to an older checkpoint': async (target, draw) => {
    const since = noteOf(target, size(target));
    const keep = 1 + draw(target.segments.length - 1);
    for (const segment of target.segments.slice(keep))
      for (const name of [entriesName, leavesName])
        target.archive.objects.delete(name(target.tenantId, segment));
    for (const segment of target.segments.slice(keep))
      target.archive.objects.delete(checkpointName(target.tenantId, segment.size));
    return { damage: 'rolled-back', index: target.segments[keep - 1]?.size ?? 0, since };
  },
  'entries of two runs exchanged': async (target, draw) => {
    const one = lineAt(target, draw(size(target) - 1));
    const lines = linesIn(target, one.segment);
    const { runId } = entryOf(lines[one.at]);
    const others = lines.flatMap((line, at) =>
      at > one.at && entryOf(line).runId !== runId ? [at] : [],
    );
    const other = others[draw(Math.max(others.length, 1))];
    if (other === undefined) return DAMAGES['entries of two runs exchanged']?.(target, draw) as Promise<Expected>;
    await change(target, one.segment, (all) =>
      all.with(one.at, all[other] ?? '').with(other, all[one.at] ?? ''),
    );
    return { damage: 'swapped-runs', index: one.index };
  },
  'two runs told as each other': async (target, draw) => {
    const { segment, at } = lineAt(target, draw(size(target)));
    const lines = linesIn(target, segment);
    const one = entryOf(lines[at]).runId;
    const others = [...new Set(lines.map((line) => entryOf(line).runId))].filter((run) => run !== one);
    const two = others[draw(others.length)] ?? '';
    const swap = (run: string): string => (run === one ? two : run === two ? one : run);
    const seal = draw(2) === 0;
    await change(target, segment, (all) =>
      all.map((line) => {
        const entry = entryOf(line);
        const runId = swap(entry.runId);
        if (runId === entry.runId) return line;
        return JSON.stringify(seal ? resealed(entry, { runId }) : { ...entry, runId });
      }),
    );
    const first = lines.findIndex((line) => swap(entryOf(line).runId) !== entryOf(line).runId);
    return { damage: 'swapped-runs', index: segment.from + first };
  },
};

function noteOf({ archive, tenantId }: Target, at: number): string {
  return (archive.objects.get(checkpointName(tenantId, at)) ?? Buffer.alloc(0)).toString('utf8');
}

/** The lines with the entry `at` changed, and all that follow it in its run linked and sealed anew. */
function relinked(
  lines: readonly string[],
  at: number,
  runId: string,
  previous?: string,
): { lines: string[]; last: string | undefined } {
  let last = previous;
  const changed = lines.map((line, n) => {
    const entry = entryOf(line);
    if (entry.runId !== runId || n < at) return line;
    const over = last === undefined ? { actor: 'user:mallory' } : { prevHash: last };
    const next = resealed(entry, over);
    last = next.hash;
    return JSON.stringify(next);
  });
  return { lines: changed, last };
}

/** What only the holder of the key can do: everything from an entry on is made anew, roots and signatures too. */
async function forgeFrom(target: Target, from: Segment, at: number, runId: string): Promise<void> {
  const { archive, tenantId, segments, signer } = target;
  const frontier = new TreeFrontier();
  let last: string | undefined;
  for (const segment of segments) {
    if (segment.from === from.from || last !== undefined) {
      const made = relinked(linesIn(target, segment), segment.from === from.from ? at : 0, runId, last);
      last = made.last;
      await archive.put(entriesName(tenantId, segment), text(made.lines));
      await coverUp(target, segment);
    }
    const leaves = linesOf(archive.objects.get(leavesName(tenantId, segment)) ?? Buffer.alloc(0));
    for (const leaf of leaves) frontier.append(leafHash(leaf));
    if (last === undefined) continue;
    const before = parseCheckpoint(noteOf(target, segment.size));
    if (!before) throw new Error('no checkpoint');
    const note = await signCheckpoint(signer, { ...before, root: frontier.root() });
    await archive.put(checkpointName(tenantId, segment.size), Buffer.from(note));
  }
}
