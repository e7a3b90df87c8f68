import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { openLedger } from './ledger.ts';

vi.mock('node:fs', { spy: true });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ledger-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});
const path = (): string => join(directory, 'ledger.jsonl');
const now = (): number => Date.UTC(2026, 0, 2);

it('writes and syncs each entry before append returns', () => {
  const ledger = openLedger(path(), now);
  vi.mocked(fs.fsyncSync).mockClear();
  const entry = ledger.append({ kind: 'order', marker: 'R-1', data: { total: 5 } });
  expect(fs.fsyncSync).toHaveBeenCalledOnce();
  expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual(entry);
  expect(entry).toEqual({
    seq: 1,
    at: '2026-01-02T00:00:00.000Z',
    kind: 'order',
    effect: true,
    marker: 'R-1',
    data: { total: 5 },
  });
  ledger.close();
});

it('goes on counting after a restart', () => {
  const first = openLedger(path(), now);
  first.append({ kind: 'a' });
  first.append({ kind: 'b', effect: false });
  first.close();
  const second = openLedger(path(), now);
  expect(second.append({ kind: 'c' }).seq).toBe(3);
  expect(second.entries().map(({ kind, effect }) => [kind, effect])).toEqual([
    ['a', true],
    ['b', false],
    ['c', true],
  ]);
  second.close();
});

it('cuts off the half line of a crash and keeps every whole one', () => {
  const first = openLedger(path(), now);
  first.append({ kind: 'whole', data: { text: 'zwölf' } });
  first.close();
  appendFileSync(path(), '{"seq":2,"kind":"ha');
  const second = openLedger(path(), now);
  second.append({ kind: 'next' });
  second.close();
  const third = openLedger(path(), now);
  expect(third.entries().map(({ seq, kind }) => [seq, kind])).toEqual([
    [1, 'whole'],
    [2, 'next'],
  ]);
  third.close();
});

it('refuses a ledger that is damaged in the middle', () => {
  writeFileSync(path(), '{"seq":1}\nnonsense\n{"seq":3}\n');
  expect(() => openLedger(path(), now)).toThrow(SyntaxError);
});

it('forgets an entry that could not be synced', () => {
  const ledger = openLedger(path(), now);
  ledger.append({ kind: 'kept' });
  vi.mocked(fs.fsyncSync).mockImplementationOnce(() => {
    throw new Error('disk full');
  });
  expect(() => ledger.append({ kind: 'lost' })).toThrow('disk full');
  expect(ledger.append({ kind: 'next' }).seq).toBe(2);
  expect(readFileSync(path(), 'utf8')).not.toContain('lost');
  ledger.close();
});

it('refuses entries once closed', () => {
  const ledger = openLedger(path(), now);
  ledger.close();
  ledger.close();
  expect(() => ledger.append({ kind: 'late' })).toThrow('closed');
});
