import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { openSessions, sessionLifetimeMs } from './sessions.ts';

let directory: string;
let time = 0;
beforeEach(() => {
  time = 1_000_000;
  directory = mkdtempSync(join(tmpdir(), 'sessions-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const path = (): string => join(directory, 'sessions.json');
const now = (): number => time;

it('finds a session after a restart', () => {
  const token = openSessions(path(), now).create('mara');
  expect(openSessions(path(), now).find(token)?.username).toBe('mara');
});

it('stores a digest, not the token', () => {
  const token = openSessions(path(), now).create('mara');
  expect(readFileSync(path(), 'utf8')).not.toContain(token);
});

it('ends a session at sign-out and when its time is over', () => {
  const sessions = openSessions(path(), now);
  const [left, right] = [sessions.create('a'), sessions.create('b')];
  sessions.remove(left);
  expect(openSessions(path(), now).find(left)).toBeUndefined();
  time += sessionLifetimeMs;
  expect(sessions.find(right)).toBeUndefined();
  expect(sessions.find(undefined)).toBeUndefined();
});
