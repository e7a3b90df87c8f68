import { describe, expect, it } from 'vitest';

import type { LogEntry, LogEvent } from '../../shared/contracts/log-entry.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { reasonsOf, termsOf } from './story.ts';

const entry = (event: LogEvent): LogEntry => ({
  schemaVersion: 1,
  tenantId: 'local',
  runId: 'run_00000000000000000000',
  seq: 1,
  at: '2026-01-01T00:00:00.000Z',
  actor: 'user:ada',
  event,
  prevHash: '',
  hash: '',
});

describe('the story of a run', () => {
  it('says what a run was allowed from its start', () => {
    const contract = TaskContract.parse({
      navigate: ['https://a.example', { suffix: 'b.example' }],
      commits: [{ name: 'Pay' }],
      deadline: '2026-02-01T00:00:00Z',
    });
    expect(termsOf(contract).join('\n')).toMatch(
      /https:\/\/a\.example, \*\.b\.example[^]*Pay[^]*secrets: none[^]*over by 2026-02-01/,
    );
  });

  it('says on what grounds a step acted, and who decided', () => {
    const intent = reasonsOf(
      entry({
        type: 'step.intent',
        leaseEpoch: 1,
        planEpoch: 1,
        stepId: '1-1',
        action: { action: 'back', why: 'to the list' },
        decision: { verdict: 'ask', effect: 'commit', reasons: ['the form is sent by POST'] },
        approval: 'ask_1',
      }),
    );
    expect(intent).toEqual([
      'meant: to the list',
      'commit, approved (ask_1): the form is sent by POST',
    ]);
    const answer = { requestId: 'ask_1', kind: 'approval', answer: 'approve' } as const;
    expect(reasonsOf(entry({ type: 'human.answered', ...answer }))).toEqual(['by user:ada']);
  });
});
