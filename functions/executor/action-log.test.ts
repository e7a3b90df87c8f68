import { expect, it } from 'vitest';

import { finish, ORIGIN, world } from './__fixtures__/world.ts';

const linesOf = (content: Uint8Array | undefined): unknown[] =>
  new TextDecoder()
    .decode(content)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

it('keeps the steps of a run as JSON lines where its contract asks for them', async () => {
  const here = await world(
    () => ({ steps: [{ action: 'scroll', to: 'bottom' }, { action: 'read' }, finish] }),
    {
      act: (action) => ({
        status: 'done',
        acted: true,
        ms: { act: 3 },
        ...(action.action === 'read' && { data: 'text' }),
      }),
    },
  );
  await here.start({ trace: ['actions'] });
  await here.executor().start();
  const run = await here.until(({ status }) => status === 'succeeded');
  expect(run.usedSecret).toBe(false);
  expect(linesOf(here.files.get('actions.jsonl'))).toMatchObject([
    { stepId: '0-0', action: { action: 'navigate', url: `${ORIGIN}/` }, effect: 'read' },
    { stepId: '1-1', action: { action: 'scroll' }, outcome: { status: 'done', ms: { act: 3 } } },
    { stepId: '1-2', action: { action: 'read' }, outcome: { status: 'done', dataChars: 6 } },
  ]);
  const events = await here.events();
  const kept = events.findIndex((event) => event.type === 'artifact.saved');
  expect(events[kept]).toMatchObject({ artifact: { name: 'actions.jsonl', source: 'trace' } });
  expect(kept).toBeLessThan(events.findIndex((event) => event.type === 'run.ended'));
});

it('drops the recordings of a run that came to type a secret', async () => {
  const here = await world(() => ({ steps: [{ action: 'scroll', to: 'bottom' }, finish] }), {
    act: () => ({ status: 'done', acted: true, usedSecret: true }),
  });
  await here.start({ trace: ['actions'] });
  await here.executor().start();
  await here.until(({ status }) => status === 'succeeded');
  expect([...here.files.keys()].filter((name) => name.startsWith('actions'))).toEqual([]);
});
