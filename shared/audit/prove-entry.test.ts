import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MemoryArchive, writeSampleExport } from '../testing/sample-export.ts';
import { memoryVault } from '../testing/memory-vault.ts';
import { createLocalCheckpointSigner } from './local-checkpoint-signer.ts';
import { verifyConsistency } from './merkle-tree.ts';
import { proveEntry, proveGrowth, type EntryProof } from './prove-entry.ts';
import {
  formatNoteKey,
  noteKey,
  parseCheckpoint,
  parseNoteKey,
  verifyNote,
} from './signed-note.ts';

const SCRIPT = resolve(import.meta.dirname, '../../docs/security/verify-audit.mjs');
const signer = createLocalCheckpointSigner('rodex/test', Buffer.alloc(32, 7));
const FIRST = `run_${'0'.repeat(20)}`;

describe('the proof of one entry', () => {
  const archive = new MemoryArchive();
  const dir = mkdtempSync(join(tmpdir(), 'rodex-proof-'));
  let vkey: string;
  let sample: (
    into: MemoryArchive,
    entries: number,
    segment: number,
    said?: string,
  ) => Promise<unknown>;
  beforeAll(async () => {
    vkey = formatNoteKey(noteKey(signer.name, await signer.publicKey()));
    const { cipher } = await memoryVault().create('acme', FIRST);
    sample = async (into, entries, segment, said = 'é') =>
      writeSampleExport(into, {
        tenantId: 'acme',
        cipher,
        signer,
        entries,
        segment,
        logsAtOnce: 3,
        logLength: 11,
        event: (index) => ({ type: 'run.cancel-requested', reason: `${said} ${index}` }),
      });
    await sample(archive, 77, 20);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** The script that a third party runs, as it stands in the documentation. */
  function checkedByScript(
    proof: unknown,
    key = vkey,
    kept?: string,
  ): { proved: boolean; said: string } {
    const file = join(dir, 'proof.json');
    writeFileSync(file, JSON.stringify(proof));
    const keptFile = join(dir, 'kept.checkpoint');
    if (kept !== undefined) writeFileSync(keptFile, kept);
    const args = [SCRIPT, file, key, ...(kept === undefined ? [] : [keptFile])];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { proved: status === 0, said: stdout + stderr };
  }

  it('is checked by a script of some 80 lines that knows nothing of Rodex', async () => {
    for (const seq of [0, 10]) {
      const proof = await proveEntry(archive, 'acme', { runId: FIRST, seq });
      expect(checkedByScript(proof)).toEqual({
        proved: true,
        said: `PROVED: entry ${seq} of ${FIRST} (run.cancel-requested) is leaf ${proof.index} of 77\n`,
      });
    }
  });

  it('does not hold for anything else', async () => {
    const proof = await proveEntry(archive, 'acme', { runId: FIRST, seq: 4 });
    const stranger = createLocalCheckpointSigner('rodex/test', Buffer.alloc(32, 8));
    const other = formatNoteKey(noteKey(stranger.name, await stranger.publicKey()));
    const lies: readonly (readonly [EntryProof, string, string])[] = [
      [{ ...proof, entry: { ...proof.entry, actor: 'user:mallory' } }, vkey, 'its hash'],
      [{ ...proof, entry: { ...proof.entry, sealed: 'AAAA' } }, vkey, 'payload'],
      [{ ...proof, index: proof.index + 1 }, vkey, 'not in the signed tree'],
      [{ ...proof, index: 77 }, vkey, 'no such leaf'],
      [{ ...proof, path: proof.path.slice(1) }, vkey, 'not in the signed tree'],
      [{ ...proof, checkpoint: proof.checkpoint.replace('77', '78') }, vkey, 'not what was signed'],
      [proof, other, 'another key'],
      [proof, vkey.replace(/.$/, 'A'), 'no public key'],
    ];
    for (const [lie, key, why] of lies) {
      const { proved, said } = checkedByScript(lie, key);
      expect([proved, said]).toEqual([false, expect.stringContaining(why)]);
    }
  });

  it('tells that an earlier checkpoint is the beginning', async () => {
    const { earlier, checkpoint } = await proveEntry(archive, 'acme', { runId: FIRST, seq: 4 }, 40);
    const [first, second] = [
      parseCheckpoint(earlier?.checkpoint ?? ''),
      parseCheckpoint(checkpoint),
    ];
    const path = (earlier?.path ?? []).map((hash) => Buffer.from(hash, 'base64'));
    expect(first && second && verifyConsistency(40, 77, path, first.root, second.root)).toBe(true);
  });

  it('that the log only grew is checked by the script, against a checkpoint that one kept', async () => {
    for (const size of [20, 40, 60, 77]) {
      const proof = await proveGrowth(archive, 'acme', size);
      const said = `PROVED: the log of size ${size} is the beginning of that of size 77\n`;
      expect(checkedByScript(proof)).toEqual({ proved: true, said });
      expect(checkedByScript(proof, vkey, proof.earlier.checkpoint).said).toBe(said);
    }
    const both = await proveEntry(archive, 'acme', { runId: FIRST, seq: 4 }, 40);
    expect(checkedByScript(both).said).toMatch(/^PROVED: entry 4 .*\nPROVED: the log of size 40 /);
  });

  it('of trees of every shape the script says what the library says', async () => {
    for (const size of [1, 2, 3, 5, 8, 13]) {
      const grown = new MemoryArchive();
      await sample(grown, 13, 1);
      const proof = await proveGrowth(grown, 'acme', size);
      expect(checkedByScript(proof), String(size)).toMatchObject({ proved: true });
    }
  });

  it('a log that was rewritten, forked or cut is not the one of the checkpoint that was kept', async () => {
    const kept = (await proveGrowth(archive, 'acme', 40)).earlier.checkpoint;
    const proofs: [string, unknown, string][] = [];
    // The holder of the key writes another history, of which everything holds by itself.
    const rewritten = new MemoryArchive();
    await sample(rewritten, 77, 20, 'another');
    const fork = await proveGrowth(rewritten, 'acme', 40);
    expect(checkedByScript(fork)).toMatchObject({ proved: true });
    proofs.push(['rewritten', fork, 'history was rewritten']);
    const same = new MemoryArchive();
    await sample(same, 40, 20, 'another');
    proofs.push([
      'forked at its size',
      await proveGrowth(same, 'acme', 40),
      'history was rewritten',
    ]);
    const cut = new MemoryArchive();
    await sample(cut, 20, 20);
    proofs.push(['cut', await proveGrowth(cut, 'acme', 20), 'shorter than it was']);
    const real = await proveGrowth(archive, 'acme', 40);
    const { earlier } = real;
    const broken = [
      earlier.path.slice(1),
      [...earlier.path, earlier.path[0]],
      earlier.path.toReversed(),
      [],
    ];
    for (const path of broken)
      proofs.push(['another path', { ...real, earlier: { ...earlier, path } }, 'NOT PROVED']);
    const { earlier: _none, ...without } = await proveEntry(
      archive,
      'acme',
      { runId: FIRST, seq: 4 },
      40,
    );
    proofs.push(['no such proof', without, 'nothing of the checkpoint that you kept']);
    proofs.push(['nothing', { checkpoint: real.checkpoint }, 'nothing to prove']);
    for (const [name, proof, why] of proofs) {
      const { proved, said } = checkedByScript(proof, vkey, name === 'nothing' ? undefined : kept);
      expect([name, proved, said]).toEqual([name, false, expect.stringContaining(why)]);
    }
    const edited = kept.replace('40', '39');
    expect(checkedByScript(real, vkey, edited).said).toContain('not what was signed');
    // The control.
    expect(checkedByScript(real, vkey, kept)).toMatchObject({ proved: true });
  });

  it('is not given for what was not exported', async () => {
    for (const [where, earlier] of [
      [{ runId: FIRST, seq: 11 }, undefined],
      [{ runId: FIRST, seq: 1 }, 41],
    ] as const)
      await expect(proveEntry(archive, 'acme', where, earlier)).rejects.toMatchObject({
        code: 'not_found',
      });
  });
});

describe('signed notes', () => {
  it('are those of C2SP: the example of the specification', () => {
    const key = parseNoteKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const note = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
    // The signature is sound, the text is no checkpoint.
    expect(verifyNote(note, key)).toEqual({ ok: false, why: 'malformed' });
    expect(verifyNote(note.replace('cryptography', 'Cryptography'), key)).toEqual({
      ok: false,
      why: 'edited',
    });
    expect(verifyNote(note.replace('x08go', 'y08go'), key)).toEqual({
      ok: false,
      why: 'wrong-key',
    });
    expect(() =>
      parseNoteKey('PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'),
    ).toThrow('public key');
  });
});
