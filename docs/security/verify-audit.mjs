// Checks a proof of `rodex audit prove` with plain Node: node verify-audit.mjs PROOF.json 'NAME+HASH+KEY' [KEPT.checkpoint]
// RFC 8785 (canonical JSON), RFC 9162 (Merkle trees), C2SP signed notes, Ed25519. Nothing of Rodex.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
const [, , proofFile, keyLine = '', keptFile] = process.argv;
const { entry, index, path, checkpoint, earlier } = JSON.parse(readFileSync(proofFile, 'utf8'));
const [, name, keyId, keyText] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(keyLine) ?? [];
const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();
const node = (left, right) => sha256(Buffer.of(1), left, right);
const check = (holds, why) => {
  if (holds) return;
  console.error(`NOT PROVED: ${why}`);
  process.exit(1);
};
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const pairs = Object.keys(value).toSorted();
  return `{${pairs.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
};
// 1. Checkpoints are signed by the key.
const key = Buffer.from(keyText ?? '', 'base64');
check(sha256(`${name}\n`, key).toString('hex').slice(0, 8) === keyId, 'this is no public key');
const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]);
const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
const signed = (note) => {
  const end = note.indexOf('\n\n') + 1;
  const line = note.split('\n').find((text) => text.startsWith(`— ${name} `)) ?? '';
  const signature = Buffer.from(line.slice(name.length + 3), 'base64');
  check(signature.subarray(0, 4).toString('hex') === keyId, 'it is signed by another key');
  const good = verify(null, Buffer.from(note.slice(0, end)), publicKey, signature.subarray(4));
  check(good, 'the checkpoint is not what was signed');
  const [origin, size, root] = note.split('\n');
  return { origin, size: Number(size), root };
};
const { origin, size, root } = signed(checkpoint);
// Climbs from leaf or subtree `at` to the root; `onPath` is told of each sibling (RFC 9162, 2.1.3.2 and 2.1.4.2).
const climb = (at, last, siblings, onPath) => {
  for (const sibling of siblings.map((base64) => Buffer.from(base64, 'base64'))) {
    check(last > 0, 'the path is too long');
    const left = at % 2 === 1 || at === last;
    onPath(sibling, left);
    while (left && at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0;
};
// 2. The entry is what its hash covers, its encrypted payload that of its digest, and it is leaf `index` of the signed tree.
if (entry) {
  const { hash, sealed, ...header } = entry;
  const { tenantId, runId, seq, type } = header;
  check(sha256(canonical(header)).toString('hex') === hash, 'the entry does not match its hash');
  const payload = sealed && `sha256:${sha256(Buffer.from(sealed, 'base64')).toString('hex')}`;
  check(payload === header.payload, 'the payload is not that of the entry');
  check(origin.endsWith(`/${tenantId}`), 'the checkpoint is of another tenant');
  check(index >= 0 && index < size, 'there is no such leaf');
  let found = sha256(Buffer.of(0), `${tenantId} ${runId} ${seq} ${hash}`);
  const step = (sibling, left) => (found = left ? node(sibling, found) : node(found, sibling));
  const whole = climb(index, size - 1, path, step);
  check(whole && found.toString('base64') === root, 'the entry is not in the signed tree');
  console.log(`PROVED: entry ${seq} of ${runId} (${type}) is leaf ${index} of ${size}`);
}
// 3. The tree of the earlier checkpoint (the one that you kept, else the one of the proof) is the beginning of this one.
check(entry || earlier, 'there is nothing to prove');
check(earlier || !keptFile, 'the proof tells nothing of the checkpoint that you kept');
if (earlier) {
  const before = signed(keptFile ? readFileSync(keptFile, 'utf8') : earlier.checkpoint);
  check(before.origin === origin, 'the earlier checkpoint is of another log');
  check(before.size > 0 && before.size <= size, 'the log is shorter than it was');
  // Of equal sizes the roots alone decide.
  let [at, last] = before.size === size ? [0, 0] : [before.size - 1, size - 1];
  while (at % 2 === 1) [at, last] = [(at - 1) / 2, Math.floor(last / 2)];
  let older = Buffer.from((at === 0 ? before.root : earlier.path[0]) ?? '', 'base64');
  let newer = older;
  const whole = climb(at, last, earlier.path.slice(at === 0 ? 0 : 1), (sibling, left) => {
    newer = left ? node(sibling, newer) : node(newer, sibling);
    if (left) older = node(sibling, older);
  });
  const roots = older.toString('base64') === before.root && newer.toString('base64') === root;
  check(whole && roots, 'the earlier tree is not the beginning: history was rewritten');
  console.log(`PROVED: the log of size ${before.size} is the beginning of that of size ${size}`);
}
