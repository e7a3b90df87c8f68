import { describe, expect, it } from 'vitest';

import type { LogEntry, LogEvent } from '../contracts/log-entry.ts';
import { Outcome } from '../contracts/outcome.ts';
import type { Run } from '../contracts/run.ts';
import { EntrySpans } from './entry-spans.ts';
import type { SpanRecord } from './telemetry.ts';

const START = Date.parse('2026-11-27T07:00:00.000Z');
const runId = 'run_00000000000000000000';
const run = { runId, tenantId: 'acme', createdAt: new Date(START).toISOString() } as Run;

/** Spans of events, each `at` ms after the run's creation. */
function spansOf(told: readonly [number, LogEvent, Partial<Run>?][], from = new EntrySpans()) {
  return told.flatMap(([at, event, before], seq): readonly SpanRecord[] => {
    const entry = { seq, at: new Date(START + at).toISOString(), event } as LogEntry;
    return from.read({ before: { ...run, ...before }, run, entry });
  });
}
const turnOpened: LogEvent = {
  type: 'turn.opened',
  leaseEpoch: 1,
  planEpoch: 1,
  notices: [],
  observation: { digest: '', url: 'https://secret.example/', title: 'T', chars: 9, ms: 2 },
};
const intent: LogEvent = {
  type: 'step.intent',
  leaseEpoch: 1,
  planEpoch: 1,
  stepId: '1-1',
  action: { action: 'reload', why: '' },
  decision: { verdict: 'allow', effect: 'write', reasons: ['r'] },
};
const ended: LogEvent = {
  type: 'step.ended',
  leaseEpoch: 1,
  stepId: '1-1',
  outcome: Outcome.parse({ status: 'done', acted: true, ms: { resolve: 5, act: 10, settle: 25 } }),
};

describe('spans of log entries', () => {
  it('last from the entry that begins something to the one that ends it, below what they belong to', () => {
    const spans = spansOf([
      [10, turnOpened],
      [20, intent],
      [70, ended],
    ]);
    expect(
      spans.map(({ name, startMs, endMs, parent }) => [
        name,
        startMs - START,
        endMs - START,
        parent,
      ]),
    ).toEqual([
      ['browser resolve', 30, 35, ['step', '1-1']],
      ['browser act', 35, 45, ['step', '1-1']],
      ['browser settle', 45, 70, ['step', '1-1']],
      ['step', 20, 70, ['turn', '1']],
    ]);
    expect(spans.at(-1)?.attributes).toMatchObject({
      'rodex.action': 'reload',
      'rodex.effect': 'write',
      'rodex.outcome': 'done',
    });
  });

  it('whose begin another process committed are as long as their end says', () => {
    const [, , , step] = spansOf([[70, ended]]);
    expect([step?.startMs, step?.endMs]).toEqual([START + 30, START + 70]);
  });

  it('name what went wrong by its code', () => {
    const failed: LogEvent = {
      ...ended,
      outcome: Outcome.parse({ status: 'timeout', code: 'action_timeout' }),
    };
    expect(
      spansOf([
        [1, intent],
        [2, failed],
      ]),
    ).toMatchObject([{ error: 'action_timeout' }]);
    expect(
      spansOf([
        [1, intent],
        [2, { type: 'step.uncertain', leaseEpoch: 1, stepId: '1-1', reason: 'lost' }],
      ]),
    ).toMatchObject([{ name: 'step', error: 'uncertain' }]);
  });

  it('tell how long a person was waited for, from the question to the answer', () => {
    const answered: LogEvent = {
      type: 'human.answered',
      requestId: 'ask_1',
      kind: 'approval',
      answer: 'approve',
    };
    const waitingFor = {
      requestId: 'ask_1',
      kind: 'approval' as const,
      question: 'Pay 4711?',
      facts: {},
      askedAt: new Date(START + 100).toISOString(),
      expiresAt: '',
    };
    const [span] = spansOf([[86_400_100, answered, { waitingFor }]]);
    expect(span).toMatchObject({ name: 'wait for a person: approval' });
    expect((span?.endMs ?? 0) - (span?.startMs ?? 0)).toBe(86_400_000);
    expect(JSON.stringify(span)).not.toContain('4711');
  });

  it('hold the whole run once it has ended, and nothing that a page said', () => {
    const spans = spansOf([
      [10, turnOpened],
      [20, { type: 'run.ended', status: 'succeeded', summary: 'the sum is 12' }],
    ]);
    expect(spans).toMatchObject([{ name: 'run', key: [], startMs: START, endMs: START + 20 }]);
    expect(JSON.stringify(spans)).not.toMatch(/secret\.example|the sum/);
  });
});
