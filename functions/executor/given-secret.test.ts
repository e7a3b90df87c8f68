import { expect, it } from 'vitest';

import { AppError } from '../../shared/core/errors.ts';
import { keepGiven } from '../../shared/journal/given-secrets.ts';
import { askedSecret } from '../../shared/runs/asked-secret.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { memoryVault } from '../../shared/testing/memory-vault.ts';
import { finish, ORIGIN, world } from './__fixtures__/world.ts';

const CODE = '48213-given';
const ask = {
  action: 'ask' as const,
  kind: 'secret' as const,
  secret: 'sms-code',
  question: 'Which code came by text message?',
};
const type = { action: 'type' as const, target: 'e1', text: '{{secret.sms-code}}' };

async function play(typedAt: string, plans: readonly (typeof ask | typeof type)[] = [ask, type]) {
  const typed: string[] = [];
  const vault = memoryVault();
  const here = await world(
    (turn) => ({ steps: [plans[turn - 1] ?? finish] }),
    {
      act: async (action, host) => {
        if (action.action !== 'type') return { status: 'done', acted: true };
        const into = { frameOrigin: typedAt, ancestorOrigins: [], credentialField: true };
        try {
          typed.push((await host.resolveText(action.text, into)).text);
        } catch (error) {
          const { code, message } = AppError.from(error);
          return { status: 'failed', acted: false, code, message };
        }
        return { status: 'done', acted: true, usedSecret: true, data: { seen: CODE } };
      },
    },
    undefined,
    vault,
  );
  await here.start({ secrets: plans[0] === type ? ['sms-code'] : [] });
  await here.executor().start();
  const { waitingFor } = await here.until((run) => run.status === 'waiting_human');
  const secret = waitingFor && askedSecret(waitingFor);
  expect(secret).toEqual({ name: 'sms-code', origin: ORIGIN });
  const journal = await here.journal();
  const kept = await keepGiven(
    { store: here.store, vault },
    journal.run,
    secret ?? { name: '', origin: '' },
    CODE,
  );
  const everything = async (): Promise<string> => {
    const documents = await Promise.all(
      ['runs', 'given', 'turns', 'steps', 'observations'].map((collection) =>
        here.store.query({ collection, group: true, scan: true }),
      ),
    );
    return JSON.stringify([documents, await here.events()]);
  };
  await journal.append(
    () => [
      {
        type: 'human.answered',
        requestId: waitingFor?.requestId ?? '',
        kind: 'secret',
        answer: 'given',
      },
    ],
    () => [kept],
  );
  const during = await everything();
  const ended = await here.until(isFinal);
  return { typed, ended, during, after: await everything(), here };
}

it('types what a person gave, on the site it was asked for on; no document shows it, and with the run it is gone', async () => {
  const { typed, ended, during, after } = await play(ORIGIN);
  expect(ended).toMatchObject({ status: 'succeeded', givenSecrets: ['sms-code'] });
  expect(typed).toEqual([CODE]);
  expect(during).toContain('"name":"sms-code"');
  for (const stored of [during, after]) expect(stored).not.toContain(CODE);
  expect(after).not.toContain('"sealed":"');
});

it('is told how to go on when a secret is gone, and types what a person gives in its place', async () => {
  const { typed, ended, here } = await play(ORIGIN, [type, ask, type]);
  expect(await here.events()).toContainEqual(
    expect.objectContaining({
      type: 'step.ended',
      outcome: expect.objectContaining({
        code: 'secret_missing',
        message: expect.stringContaining('ask with kind "secret" and secret "sms-code"'),
      }),
    }),
  );
  expect(ended).toMatchObject({ status: 'succeeded' });
  expect(typed).toEqual([CODE]);
});

it('does not type it on another site', async () => {
  const { typed, here } = await play('https://evil.example');
  expect(typed).toEqual([]);
  expect(JSON.stringify(await here.events())).toContain('may not be typed at https://evil.example');
});

it('tells a model that asks for a secret without a name how to', async () => {
  const { secret: _name, ...nameless } = ask;
  const here = await world((turn) => ({ steps: turn === 1 ? [nameless] : [finish] }));
  await here.start();
  await here.executor().start();
  await here.until(isFinal);
  expect(await here.events()).toContainEqual(
    expect.objectContaining({
      type: 'step.refused',
      error: expect.objectContaining({ code: 'model_invalid_plan' }),
    }),
  );
});
