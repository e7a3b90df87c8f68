import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { stagesOf } from './dockerfile-steps.ts';

const OWN = resolve(import.meta.dirname, '../../functions/executor/Dockerfile');
const PINNED = /^debian:[a-z]+-\d{8}-slim@sha256:[0-9a-f]{64}$/;

describe("the executor's Dockerfile", () => {
  it('stands on images that are pinned by digest, and ends as an ordinary user', () => {
    const stages = stagesOf(OWN);
    expect(stages.map(({ name }) => name)).toEqual(['chromium', 'executor']);
    for (const { base } of stages) expect(base).toMatch(PINNED);
    const last = stages.at(-1)?.steps ?? [];
    const after = last.slice(last.findIndex(({ kind }) => kind === 'user') + 1);
    expect(last).toContainEqual({ kind: 'user', user: '10001:10001' });
    expect(after.map(({ kind }) => kind)).toEqual(['entrypoint']);
  });
});

describe('steps of a Dockerfile', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rodex-dockerfile-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const read = (text: string): ReturnType<typeof stagesOf> => {
    const file = join(dir, 'Dockerfile');
    writeFileSync(file, text);
    return stagesOf(file);
  };

  it('come by stage, in order, with values filled in', () => {
    expect(
      read(
        'ARG BASE=debian:x\nFROM ${BASE} AS one\nRUN a \\\n && b\nFROM one\nCOPY --from=one /x /y\nENV A=1 \\\n    B="2 3"\nWORKDIR /w\n',
      ),
    ).toEqual([
      { name: 'one', base: 'debian:x', steps: [{ kind: 'run', command: 'a  && b' }] },
      {
        name: '',
        base: 'one',
        steps: [
          { kind: 'copy', from: 'one', paths: ['/x', '/y'] },
          { kind: 'env', values: { A: '1', B: '2 3' } },
          { kind: 'workdir', path: '/w' },
        ],
      },
    ]);
  });

  it.each([
    'ADD a b',
    'COPY --chmod=755 a b',
    'RUN --mount=type=cache,target=/x true',
    'HEALTHCHECK CMD x',
    'VOLUME /x',
  ])('are refused where they are not followed: %s', (line) => {
    expect(() => read(`FROM x\n${line}\n`)).toThrow('is not followed');
  });
});
