import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

import { expect, it } from 'vitest';

import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { Progress } from './progress.ts';

function shown(event: object): string {
  const out = new PassThrough({ encoding: 'utf8' });
  const entry = { runId: 'run_1', at: '2026-11-27T12:00:00.000Z', event } as unknown as LogEntry;
  new Progress(out as unknown as NodeJS.WriteStream).show({ type: 'entry', entry });
  return stripVTControlCharacters(String(out.read()));
}

const gate = {
  requests: [
    {
      method: 'POST',
      url: 'https://a.example/order?x',
      verdict: 'passed',
      by: 'named',
      reason: '',
    },
  ],
  more: 0,
  commits: true,
  held: false,
};

it('tells beside a step that is done what became of a file of another act', () => {
  const message = 'a file that another act or page began: the download a.csv ended early';
  const done = { status: 'done', acted: true };
  const line = (outcome: object): string => shown({ type: 'step.ended', stepId: '1-1', outcome });
  expect(line({ ...done, message })).toContain('✓');
  expect(line({ ...done, message })).toContain(message);
  expect(line(done)).not.toContain('undefined');
});

it('tells what an act sent of which it is not known whether it was done', () => {
  const uncertain = { type: 'step.uncertain', stepId: '1-1', reason: 'no answer' };
  expect(shown({ ...uncertain, gate })).toContain('POST https://a.example/order left (named)');
  expect(shown(uncertain)).not.toContain('left');
});
