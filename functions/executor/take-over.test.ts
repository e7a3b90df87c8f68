import { expect, it } from 'vitest';

import { TAKE_OVER_FRAME, takeOverInputsPath } from '../../shared/contracts/paths.ts';
import { TakeOverInput } from '../../shared/contracts/take-over.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { memoryVault } from '../../shared/testing/memory-vault.ts';
import { finish, RUN, world } from './__fixtures__/world.ts';

const ask = {
  action: 'ask' as const,
  kind: 'take-over' as const,
  question: 'Please solve the puzzle',
};

async function lent() {
  const vault = memoryVault();
  let shown = 1;
  let replaced = 0;
  const picture = (): Uint8Array => {
    if (replaced === 0) return new Uint8Array([shown]);
    replaced -= 1;
    throw new Error('Protocol error (Page.captureScreenshot): Unable to capture screenshot');
  };
  const here = await world(
    (turn) => ({ steps: turn === 1 ? [ask] : [finish] }),
    { picture },
    undefined,
    vault,
  );
  await here.start();
  await here.executor().start();
  const { waitingFor } = await here.until((run) => run.status === 'waiting_human');
  const requestId = waitingFor?.requestId ?? '';
  const cipher = await vault.cipher(here.store, 'local', RUN);
  /** As the API does: entry and input in one batch. */
  const send = async (input: object, of = requestId): Promise<void> => {
    await (
      await here.journal()
    ).append(
      () => [{ type: 'take-over.input', requestId, input: 'something' }],
      ({ seq }) => {
        const path = `${takeOverInputsPath('local', RUN)}/${String(seq + 1).padStart(9, '0')}`;
        const sealed = cipher?.sealText(path, JSON.stringify(TakeOverInput.parse(input))) ?? '';
        const data = { schemaVersion: 1, runId: RUN, requestId: of, sealed };
        return [{ op: 'create', path, data }];
      },
    );
  };
  const show = (next: number): number => (shown = next);
  const replace = (): number => (replaced = 1);
  return { here, requestId, waitingFor, send, show, replace, left: () => replaced };
}

it('does by hand what a person does, in its order and once, shows them the page, and goes on when they are done', async () => {
  const { here, requestId, waitingFor, send, show } = await lent();
  expect(waitingFor).toMatchObject({ kind: 'take-over', question: ask.question });
  await expect.poll(() => here.files.get(TAKE_OVER_FRAME)).toEqual(new Uint8Array([1]));
  await send({ do: 'click', x: 5, y: 6 });
  await send({ do: 'type', text: 'from an earlier question' }, 'ask_earlier');
  await send({ do: 'type', text: 'abc' });
  show(2);
  await send({ do: 'press', key: 'Enter' });
  await expect
    .poll(() => here.browser.byHand)
    .toEqual([
      { do: 'click', x: 5, y: 6, button: 'left', count: 1 },
      { do: 'type', text: 'abc' },
      { do: 'press', key: 'Enter' },
    ]);
  await expect.poll(() => here.files.get(TAKE_OVER_FRAME)).toEqual(new Uint8Array([2]));
  await (
    await here.journal()
  ).append(() => [{ type: 'human.answered', requestId, kind: 'take-over', answer: 'done' }]);
  expect(await here.until(isFinal)).toMatchObject({ status: 'succeeded' });
  expect(here.browser.saved).toBeGreaterThan(0);
  expect(await here.store.query({ collection: takeOverInputsPath('local', RUN) })).toEqual([]);
  expect(JSON.stringify(await here.events())).not.toContain('abc');
});

it('goes on when a page that is just being replaced cannot be pictured', async () => {
  const { here, requestId, send, show, replace, left } = await lent();
  await expect.poll(() => here.files.get(TAKE_OVER_FRAME)).toEqual(new Uint8Array([1]));
  replace();
  show(2);
  await send({ do: 'press', key: 'Enter' });
  await expect.poll(left).toBe(0);
  await expect.poll(() => here.files.get(TAKE_OVER_FRAME)).toEqual(new Uint8Array([2]));
  expect((await here.journal()).run.waitingFor).toMatchObject({ requestId });
});

it('takes nothing from hands when nobody asks for them', async () => {
  const { here, requestId, send } = await lent();
  await (
    await here.journal()
  ).append(() => [{ type: 'human.answered', requestId, kind: 'take-over', answer: 'done' }]);
  await here.until(isFinal);
  await expect(send({ do: 'press', key: 'Enter' })).rejects.toMatchObject({ code: 'conflict' });
  expect(here.browser.byHand).toEqual([]);
});
