import { describe, expect, it } from 'vitest';

import { GENESIS_HASH, sealEntry } from '../audit/log-chain.ts';
import type { LogEvent } from '../contracts/log-entry.ts';
import { Run } from '../contracts/run.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { AppError } from '../core/errors.ts';
import { applyEntry, messagesOf } from './run-machine.ts';

const contract = TaskContract.parse({ navigate: ['https://portal.example'] });
const created: LogEvent = { type: 'run.created', goal: 'x', inputs: {}, labels: {}, contract };
const lease: LogEvent = { type: 'lease.taken', leaseEpoch: 1, holder: 'a', takeover: false };
const turn: LogEvent = {
  type: 'turn.opened',
  leaseEpoch: 1,
  planEpoch: 1,
  observation: { digest: 'd', url: 'u', title: 't', chars: 1, ms: 1 },
  notices: [],
};
const usage = { prompt: 10, cached: 4, output: 2, thoughts: 1 };
const closed: LogEvent = {
  type: 'turn.closed',
  leaseEpoch: 1,
  planEpoch: 1,
  reason: 'used-up',
  detail: '',
  items: 1,
  done: 1,
  usage,
  modelCalls: 1,
  ms: {},
};
const intent: LogEvent = {
  type: 'step.intent',
  leaseEpoch: 1,
  planEpoch: 1,
  stepId: '1-1',
  action: { action: 'back', why: '' },
  decision: { verdict: 'allow', effect: 'commit', reasons: ['r'], commitName: 'Pay' },
  commitDigest: 'sha256:c',
};
const ended: LogEvent = {
  type: 'step.ended',
  leaseEpoch: 1,
  stepId: '1-1',
  outcome: { status: 'done', acted: true, changed: {}, artifacts: [], ms: {} },
};
const request = {
  requestId: 'ask_1',
  kind: 'approval' as const,
  question: 'q',
  commitDigest: 'sha256:c',
  facts: {},
  askedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-02T00:00:00.000Z',
};

function play(...events: LogEvent[]): Run {
  let run: Run | undefined;
  events.forEach((event, seq) => {
    const entry = sealEntry({
      tenantId: 'local',
      runId: 'run_00000000000000000000',
      seq,
      at: '2026-01-01T00:01:00.000Z',
      actor: 'test',
      event,
      prevHash: run?.headHash ?? GENESIS_HASH,
    });
    run = applyEntry(run, entry);
  });
  if (!run) throw new Error('no events');
  return Run.parse(run);
}

const codeOf = (...events: LogEvent[]): string => {
  try {
    play(...events);
  } catch (error) {
    return AppError.from(error).code;
  }
  return 'none';
};

describe('run machine', () => {
  it('goes from queued through planning and acting to its end', () => {
    expect(play(created).status).toBe('queued');
    expect(play(created, lease, turn).status).toBe('planning');
    expect(play(created, lease, turn, intent).status).toBe('acting');
    const done = play(created, lease, turn, intent, ended, closed, {
      type: 'run.ended',
      status: 'succeeded',
      result: { a: 1 },
    });
    expect(done).toMatchObject({
      status: 'succeeded',
      result: { a: 1 },
      steps: 1,
      tokens: usage,
      modelCalls: 1,
    });
    expect(done.openIntent).toBeUndefined();
  });

  it('keeps an intent open until its outcome is known', () => {
    expect(play(created, lease, turn, intent).openIntent).toMatchObject({
      stepId: '1-1',
      effect: 'commit',
      commitName: 'Pay',
    });
    expect(codeOf(created, lease, turn, intent, { ...intent, stepId: '1-2' })).toBe('conflict');
    expect(codeOf(created, lease, turn, ended)).toBe('conflict');
    const resolved = play(created, lease, turn, intent, {
      type: 'step.resolved',
      leaseEpoch: 1,
      stepId: '1-1',
      verdict: 'acted',
      by: 'probe',
      detail: '',
    });
    expect(resolved.openIntent).toBeUndefined();
  });

  it('refuses entries of an ownership that is over, and a second taker of the same epoch', () => {
    const second: LogEvent = { type: 'lease.taken', leaseEpoch: 2, holder: 'b', takeover: true };
    expect(codeOf(created, lease, second, turn)).toBe('lease_lost');
    expect(codeOf(created, lease, { ...second, leaseEpoch: 1 })).toBe('lease_lost');
    expect(codeOf(created, lease, second, { ...turn, leaseEpoch: 2 })).toBe('none');
  });

  it('uses an approval once', () => {
    const asked: LogEvent = { type: 'human.requested', leaseEpoch: 1, request };
    const yes: LogEvent = {
      type: 'human.answered',
      requestId: 'ask_1',
      kind: 'approval',
      answer: 'approve',
    };
    const approved = play(created, lease, turn, asked, yes);
    expect(approved.approvals).toEqual([{ requestId: 'ask_1', commitDigest: 'sha256:c' }]);
    expect(approved.waitedMs).toBe(60_000);
    const using: LogEvent = { ...intent, approval: 'ask_1' };
    expect(play(created, lease, turn, asked, yes, using).approvals).toEqual([]);
    expect(
      codeOf(created, lease, turn, asked, yes, using, ended, { ...using, stepId: '1-2' }),
    ).toBe('conflict');
    expect(codeOf(created, lease, turn, asked, yes, yes)).toBe('conflict');
    const no: LogEvent = { ...yes, answer: 'deny' };
    expect(play(created, lease, turn, asked, no).approvals).toEqual([]);
  });

  it('stays waiting for a person when the turn is closed meanwhile', () => {
    const asked: LogEvent = { type: 'human.requested', leaseEpoch: 1, request };
    expect(play(created, lease, turn, asked, { ...closed, reason: 'human' }).status).toBe(
      'waiting_human',
    );
  });

  it('acts no more once a cancel was asked for, and changes no more once it ended', () => {
    const cancel: LogEvent = { type: 'run.cancel-requested', reason: '' };
    expect(codeOf(created, lease, turn, cancel, intent)).toBe('conflict');
    const end: LogEvent = { type: 'run.ended', status: 'cancelled' };
    expect(codeOf(created, lease, end, turn)).toBe('conflict');
    expect(
      codeOf(created, lease, end, { type: 'lease.released', leaseEpoch: 1, reason: 'ended' }),
    ).toBe('none');
  });

  it('says which messages follow', () => {
    const run = play(created);
    expect(messagesOf(run, created).map((message) => message.type)).toEqual(['run.ready']);
    expect(messagesOf(run, turn)).toMatchObject([{ type: 'plan.requested', planEpoch: 1 }]);
    expect(messagesOf(run, intent)).toEqual([]);
  });
});
