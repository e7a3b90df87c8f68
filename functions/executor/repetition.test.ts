import { describe, expect, it } from 'vitest';

import { Action } from '../../shared/contracts/action.ts';
import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { Observation } from '../../shared/contracts/observation.ts';
import { finish, RUN, world } from './__fixtures__/world.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import {
  actionKeyOf,
  countRepetition,
  forgetRepetition,
  judgeRepetition,
} from '../../shared/runs/same-action.ts';
import { PageWatch } from './repetition.ts';

const click = Action.parse({ action: 'click', target: 'e1', why: 'to go on' });
const again = Action.parse({ action: 'click', target: 'e1', why: 'to try again' });
const other = Action.parse({ action: 'click', target: 'e2' });
const page = (body: string, view = '800x600', kind: 'full' | 'diff' = 'diff'): Observation => ({
  schemaVersion: 1,
  grammar: 'rodex-observation/1',
  kind,
  text: `url: u\nview: ${view}\n---\n${body}`,
  digest: '',
  url: 'u',
  title: '',
  documentId: 'd',
  tabId: 't',
  refs: 0,
  truncated: false,
  ms: 1,
});

/** Plays turns by the run's own facts: what was done, then what the page showed. */
function verdicts(turns: readonly (readonly [Action[], Observation])[]): string[] {
  const watch = new PageWatch();
  watch.unchanged(page('[e1 button A]', '800x600', 'full'));
  let run = {} as Run;
  return turns.map(([actions, seen]) => {
    for (const action of actions) {
      const intent = { stepId: '1-1', action } as LogEventOf<'step.intent'>;
      run = { ...run, ...countRepetition(run.sameAction, actionKeyOf(intent).actionKey) };
    }
    const unchanged = watch.unchanged(seen);
    const verdict = judgeRepetition(run, unchanged);
    const opened = { unchanged, toldOfRepetition: verdict === 'tell' };
    run = forgetRepetition(run, opened as LogEventOf<'turn.opened'>);
    return verdict;
  });
}

describe('the same action again and again', () => {
  const same = page('');
  it('is told after five times without a change, and stopped when it goes on', () => {
    expect(
      verdicts(
        Array.from({ length: 6 }, (_unused, index) => [[index % 2 === 0 ? click : again], same]),
      ),
    ).toEqual(['go-on', 'go-on', 'go-on', 'go-on', 'tell', 'stop']);
    expect(
      verdicts([
        [[click, click, click, click, click, click], same],
        [[click], same],
      ]),
    ).toEqual(['tell', 'stop']);
  });

  it.each<[string, Action, Observation]>([
    ['another action', other, same],
    ['a change on the page', click, page('~ [e1 button B]\n')],
    ['a scrolled view', click, page('', '800x600 at 0,300')],
  ])('%s in between starts the count anew', (_what, action, seen) => {
    const turn = [[click], same] as const;
    expect(verdicts([turn, turn, turn, turn, [[action], seen], turn, turn] as never)).toEqual(
      Array(7).fill('go-on'),
    );
  });

  it('is not waiting', () => {
    const wait = Action.parse({ action: 'wait', ms: 10 });
    expect(verdicts(Array.from({ length: 9 }, () => [[wait], same]))).toEqual(
      Array(9).fill('go-on'),
    );
  });

  it('ends the run, after the planner was told', async () => {
    const { executor, start, until, browser, events } = await world(() => ({
      steps: [{ action: 'hover', target: 'e1' }],
    }));
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({
      status: 'failed',
      error: { code: 'no_progress' },
    });
    expect(browser.acts.filter(({ action }) => action === 'hover')).toHaveLength(6);
    const told = (await events()).filter(
      (event) =>
        event.type === 'turn.opened' &&
        event.notices.some((notice) => notice.startsWith('repeated:')),
    );
    expect(told).toHaveLength(1);
  });

  it('is counted on by the executor that takes the run over', async () => {
    const { executor, start, until, browser, store } = await world(() => ({
      steps: [{ action: 'hover', target: 'e1' }],
    }));
    await start();
    const first = executor();
    await first.start();
    await until((run) => (run.sameAction?.times ?? 0) >= 3);
    await first.stop();
    const before = await store.get<Run>(runPath('local', RUN));
    expect(before?.data.sameAction?.times).toBeGreaterThanOrEqual(3);
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ error: { code: 'no_progress' } });
    expect(browser.acts.filter(({ action }) => action === 'hover')).toHaveLength(6);
  });

  it('is forgotten when the planner does something else', async () => {
    const { executor, start, until } = await world((turn) => ({
      steps: [turn === 6 ? finish : { action: 'hover', target: 'e1' }],
    }));
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded' });
  });
});
