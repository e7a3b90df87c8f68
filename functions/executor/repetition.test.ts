import { describe, expect, it } from 'vitest';

import { Action } from '../../shared/contracts/action.ts';
import type { Observation } from '../../shared/contracts/observation.ts';
import { finish, world } from './__fixtures__/world.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { Repetition } from './repetition.ts';

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

function verdicts(turns: readonly (readonly [Action[], Observation])[]): string[] {
  const repetition = new Repetition();
  repetition.judge(page('[e1 button A]', '800x600', 'full'));
  return turns.map(([actions, seen]) => {
    for (const action of actions) repetition.acted(action);
    return repetition.judge(seen);
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

  it('is forgotten when the planner does something else', async () => {
    const { executor, start, until } = await world((turn) => ({
      steps: [turn === 6 ? finish : { action: 'hover', target: 'e1' }],
    }));
    await start();
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded' });
  });
});
