import { hash } from 'node:crypto';

/** Merkle trees of RFC 9162 (2.1), which are those of RFC 6962: SHA-256, leaves and nodes told apart by a first byte. */

export function leafHash(data: string): Buffer {
  return hash('sha256', `\0${data}`, 'buffer');
}

const pair = Buffer.alloc(65, 1);

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 33);
  return hash('sha256', pair, 'buffer');
}

const EMPTY_ROOT = hash('sha256', '', 'buffer');

/** A tree that only grows, as the roots of its perfect subtrees, largest first: all that the next root needs. */
export class TreeFrontier {
  #size = 0;
  readonly #roots: Buffer[] = [];

  /** Errors: `RangeError` when the hashes are not those of a tree of that size. */
  static restore(size: number, hashes: readonly string[]): TreeFrontier {
    const frontier = new TreeFrontier();
    frontier.#size = size;
    frontier.#roots.push(...hashes.map((hex) => Buffer.from(hex, 'hex')));
    const bits = size.toString(2).replaceAll('0', '').length;
    if (bits !== hashes.length || frontier.#roots.some(({ length }) => length !== 32))
      throw new RangeError(`${hashes.length} hashes are no tree of ${size} leaves`);
    return frontier;
  }

  get size(): number {
    return this.#size;
  }

  get hashes(): readonly string[] {
    return this.#roots.map((root) => root.toString('hex'));
  }

  append(leaf: Buffer): void {
    let root = leaf;
    for (let bit = this.#size; bit % 2 === 1; bit = Math.floor(bit / 2))
      root = nodeHash(this.#roots.pop() ?? EMPTY_ROOT, root);
    this.#roots.push(root);
    this.#size += 1;
  }

  root(): Buffer {
    const [last, ...before] = this.#roots.toReversed();
    return last ? before.reduce((right, left) => nodeHash(left, right), last) : EMPTY_ROOT;
  }
}

/** Hashes of the leaves of a tree, one after another. */
export class LeafHashes {
  #bytes = Buffer.alloc(32 * 1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    if ((this.#size + 1) * 32 > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    this.#bytes.set(leaf, this.#size * 32);
    this.#size += 1;
  }

  /** Hash of the tree over leaves `from` to before `to`. */
  root(from = 0, to = this.#size): Buffer {
    const frontier = new TreeFrontier();
    for (let index = from; index < to; index += 1)
      frontier.append(this.#bytes.subarray(index * 32, index * 32 + 32));
    return frontier.root();
  }
}

/** Largest power of two below `size`. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** PATH(index, D[size]) of RFC 9162, 2.1.3.1: from the leaf up. */
export function inclusionProof(leaves: LeafHashes, index: number, size = leaves.size): Buffer[] {
  const path: Buffer[] = [];
  for (let from = 0, to = size; to - from > 1;) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push(leaves.root(middle, to));
      to = middle;
    } else {
      path.push(leaves.root(from, middle));
      from = middle;
    }
  }
  return path.toReversed();
}

/** RFC 9162, 2.1.3.2. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index >= size || index < 0) return false;
  let fn = index;
  let sn = size - 1;
  let found: Uint8Array = leaf;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      found = nodeHash(sibling, found);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else found = nodeHash(found, sibling);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && Buffer.compare(found, root) === 0;
}

/** PROOF(first, D[size]) of RFC 9162, 2.1.4.1. */
export function consistencyProof(leaves: LeafHashes, first: number, size = leaves.size): Buffer[] {
  if (first === size || first === 0) return [];
  const path: Buffer[] = [];
  let whole = true;
  let from = 0;
  let to = size;
  while (first !== to) {
    const middle = from + split(to - from);
    if (first <= middle) {
      path.push(leaves.root(middle, to));
      to = middle;
    } else {
      path.push(leaves.root(from, middle));
      from = middle;
      whole = false;
    }
  }
  return [...(whole ? [] : [leaves.root(from, to)]), ...path.toReversed()];
}

/** RFC 9162, 2.1.4.2. */
export function verifyConsistency(
  first: number,
  second: number,
  path: readonly Uint8Array[],
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): boolean {
  if (first > second || first < 0) return false;
  if (first === second) return path.length === 0 && Buffer.compare(firstRoot, secondRoot) === 0;
  if (first === 0) return path.length === 0;
  const power = (first & (first - 1)) === 0;
  const [start, ...rest] = power ? [firstRoot, ...path] : path;
  if (!start) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let left = start;
  let right = start;
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      left = nodeHash(sibling, left);
      right = nodeHash(sibling, right);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else right = nodeHash(right, sibling);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return (
    sn === 0 && Buffer.compare(left, firstRoot) === 0 && Buffer.compare(right, secondRoot) === 0
  );
}
