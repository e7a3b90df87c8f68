import { describe, expect, it } from 'vitest';

import {
  consistencyProof,
  inclusionProof,
  LeafHashes,
  leafHash,
  TreeFrontier,
  verifyConsistency,
  verifyInclusion,
} from './merkle-tree.ts';

/** The vectors of Certificate Transparency (certificate-transparency-go and -cpp, `merkle_tree_test`): leaves as hex. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const hex = (path: readonly Uint8Array[]): string[] =>
  path.map((hash) => Buffer.from(hash).toString('hex'));
const leafOf = (data: string): Buffer => leafHash(Buffer.from(data, 'hex').toString('latin1'));

function treeOf(leaves: readonly Buffer[]): LeafHashes {
  const tree = new LeafHashes();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

describe('the vectors of RFC 6962', () => {
  const leaves = LEAVES.map(leafOf);
  const tree = treeOf(leaves);

  it('gives the root of nothing and of every size up to eight', () => {
    expect(new TreeFrontier().root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const frontier = new TreeFrontier();
    leaves.forEach((leaf, index) => {
      frontier.append(leaf);
      expect(frontier.root().toString('hex')).toBe(ROOTS[index]);
      expect(tree.root(0, index + 1).toString('hex')).toBe(ROOTS[index]);
    });
  });

  it.each([
    [0, 1, []],
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [
      1,
      5,
      [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ])('proves leaf %d in a tree of %d', (index, size, path) => {
    expect(hex(inclusionProof(tree, index, size))).toEqual(path);
  });

  it.each([
    [1, 1, []],
    [
      1,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      6,
      8,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [
      2,
      5,
      [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ])('proves that the tree of %d began the tree of %d', (first, second, path) => {
    expect(hex(consistencyProof(tree, first, second))).toEqual(path);
  });
});

describe('trees of any size', () => {
  const leaves = Array.from({ length: 66 }, (_unused, n) => leafHash(`leaf ${n}`));
  const tree = treeOf(leaves);

  it('verify every inclusion, and nothing else', () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      const root = tree.root(0, size);
      for (let index = 0; index < size; index += 1) {
        const path = inclusionProof(tree, index, size);
        const leaf = leaves[index] ?? Buffer.alloc(0);
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
        const other = leaves[(index + 1) % leaves.length] ?? Buffer.alloc(0);
        expect(verifyInclusion(other, index, size, path, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, [...path, root], root)).toBe(false);
        expect(verifyInclusion(leaf, index + 1, size, path, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, path, leaf)).toBe(size === 1);
        if (path.length > 0)
          expect(verifyInclusion(leaf, index, size, path.slice(1), root)).toBe(false);
      }
    }
  });

  it('verify that each began each later one, and nothing else', () => {
    for (let second = 1; second <= leaves.length; second += 1)
      for (let first = 1; first <= second; first += 1) {
        const [one, two] = [tree.root(0, first), tree.root(0, second)];
        const path = consistencyProof(tree, first, second);
        expect(verifyConsistency(first, second, path, one, two)).toBe(true);
        expect(verifyConsistency(first, second, [...path, one], one, two)).toBe(false);
        expect(verifyConsistency(first, second, path, two, one)).toBe(first === second);
        if (first < second) expect(verifyConsistency(first, second, path, two, two)).toBe(false);
        if (path.length > 0)
          expect(verifyConsistency(first, second, path.slice(0, -1), one, two)).toBe(false);
      }
  });

  it('go on from their right edge, which must fit their size', () => {
    const frontier = new TreeFrontier();
    for (const leaf of leaves.slice(0, 23)) frontier.append(leaf);
    const later = TreeFrontier.restore(23, frontier.hashes);
    for (const leaf of leaves.slice(23)) later.append(leaf);
    expect(later.root().equals(tree.root())).toBe(true);
    expect(() => TreeFrontier.restore(24, frontier.hashes)).toThrow(RangeError);
  });
});
