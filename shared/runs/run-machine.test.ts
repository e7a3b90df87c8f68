import { describe, expect, it } from 'vitest';

import { GENESIS_HASH } from '../audit/seal-entry.ts';
import type { LogEvent } from '../contracts/log-entry.ts';
import { Run } from '../contracts/run.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { digestOfJson } from '../core/digest.ts';
import { AppError } from '../core/errors.ts';
import { applyEntry } from './run-machine.ts';
import { messagesOf } from './run-messages.ts';

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
    const prevHash = run?.headHash ?? GENESIS_HASH;
    run = applyEntry(run, {
      schemaVersion: 1,
      tenantId: 'local',
      runId: 'run_00000000000000000000',
      seq,
      at: '2026-01-01T00:01:00.000Z',
      actor: 'test',
      event,
      prevHash,
      hash: digestOfJson({ prevHash, event }).slice(7),
    });
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
    expect(approved.approvals).toMatchObject([{ requestId: 'ask_1', commitDigest: 'sha256:c' }]);
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
    expect(codeOf(created, lease, turn, cancel, intent)).toBe('run_cancelled');
    const end: LogEvent = { type: 'run.ended', status: 'cancelled' };
    expect(codeOf(created, lease, end, turn)).toBe('conflict');
    expect(
      codeOf(created, lease, end, { type: 'lease.released', leaseEpoch: 1, reason: 'ended' }),
    ).toBe('none');
  });

  it('begins nothing while it is paused; what is under way is finished', () => {
    const pause: LogEvent = { type: 'run.paused', reason: '' };
    const resume: LogEvent = { type: 'run.resumed' };
    const running = [created, lease, turn, intent] as const;
    expect(play(...running, pause)).toMatchObject({ status: 'paused', needsOwner: false });
    expect(play(...running, pause, ended, closed).status).toBe('paused');
    expect(codeOf(...running, pause, ended, { ...intent, stepId: '1-2' })).toBe('run_paused');
    const next: LogEvent = { ...turn, planEpoch: 2 };
    expect(codeOf(...running, pause, ended, closed, next)).toBe('run_paused');
    expect(codeOf(...running, pause, pause)).toBe('conflict');
    expect(codeOf(...running, resume)).toBe('conflict');
    const resumed = play(...running, pause, ended, closed, resume, next);
    expect(resumed).toMatchObject({ status: 'planning', needsOwner: true });
    expect(resumed.paused).toBeUndefined();
    expect(messagesOf(resumed, resume)).toMatchObject([{ type: 'run.resume' }]);
  });

  it('keeps a question open through a pause, and goes to a human again after it', () => {
    const asked: LogEvent = { type: 'human.requested', leaseEpoch: 1, request };
    const pause: LogEvent = { type: 'run.paused', reason: '' };
    const resume: LogEvent = { type: 'run.resumed' };
    const cancel: LogEvent = { type: 'run.cancel-requested', reason: '' };
    expect(play(created, lease, turn, asked, pause).status).toBe('paused');
    expect(play(created, lease, turn, asked, pause, resume)).toMatchObject({
      status: 'waiting_human',
      needsOwner: false,
      waitedMs: 0,
    });
    expect(play(created, lease, turn, asked, pause, cancel).needsOwner).toBe(true);
  });

  it('begins nothing after its deadline', () => {
    const late = { ...contract, deadline: '2026-01-01T00:01:00.000Z' };
    const early = { ...contract, deadline: '2026-01-01T02:02:00.000+02:00' };
    const begun = (deadline: typeof contract): LogEvent[] => [
      { ...created, contract: deadline },
      lease,
      turn,
    ];
    expect(codeOf(...begun(late))).toBe('run_expired');
    expect(codeOf(...begun(early), intent, ended, closed)).toBe('none');
  });

  it('says which messages follow', () => {
    const run = play(created);
    expect(messagesOf(run, created).map((message) => message.type)).toEqual(['run.ready']);
    expect(messagesOf(run, turn)).toMatchObject([{ type: 'plan.requested', planEpoch: 1 }]);
    expect(messagesOf(run, intent)).toEqual([]);
    const released: LogEvent = { type: 'lease.released', leaseEpoch: 1, reason: 'shutdown' };
    expect(messagesOf(run, released)).toMatchObject([{ type: 'run.ready' }]);
    expect(messagesOf(run, { ...released, reason: 'parked' })).toEqual([]);
  });
});
