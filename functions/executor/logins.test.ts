import { describe, expect, it } from 'vitest';

import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Secret } from '../../shared/secrets/secret-store.ts';
import { RunLogins } from './logins.ts';
import { ORIGIN, RUN, finish, world } from './__fixtures__/world.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';

const PROXY = 'http://proxy.example:3128';
const VALUES: Readonly<Record<string, Secret>> = {
  intranet: { name: 'intranet', value: 'ada:hunter2', origins: [ORIGIN], updatedAt: '' },
  proxy: { name: 'proxy', value: 'px:pr0xy-pass', origins: [PROXY], updatedAt: '' },
};
const contract = TaskContract.parse({
  navigate: [ORIGIN],
  httpCredentials: ['intranet'],
  browser: { proxy: { server: PROXY, credentials: 'proxy' } },
});
const secretsOf = (values: Readonly<Record<string, Secret>>) => ({
  get: async (_tenant: string, name: string) => values[name],
  set: async () => undefined,
  list: async () => [],
  delete: async () => undefined,
});

function logins(append?: () => Promise<void>, values = VALUES) {
  const events: LogEvent[] = [];
  const masked = new Set<string>();
  const run = { tenantId: 'local', runId: RUN, contract } as Run;
  return {
    events,
    masked,
    of: new RunLogins({
      secrets: secretsOf(values),
      run: () => run,
      leaseEpoch: 3,
      masked,
      append: append ?? (async (event) => void events.push(event)),
    }),
  };
}

describe('a log-in that no step types', () => {
  it('is on record before the browser has it: name and place, never a value', async () => {
    const { of, events, masked } = logins();
    expect(await of.http(ORIGIN)).toEqual({ username: 'ada', password: 'hunter2' });
    expect(await of.proxy()).toEqual({ username: 'px', password: 'pr0xy-pass' });
    expect(events).toEqual([
      { type: 'secret.used', leaseEpoch: 3, name: 'intranet', use: 'http', origin: ORIGIN },
      { type: 'secret.used', leaseEpoch: 3, name: 'proxy', use: 'proxy', origin: PROXY },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/hunter2|pr0xy-pass/);
    expect([...masked]).toEqual(['hunter2', 'pr0xy-pass']);
  });

  it('is on record once for each name and origin, however often the server asks', async () => {
    const { of, events } = logins();
    await Promise.all(Array.from({ length: 5 }, async () => of.http(ORIGIN)));
    expect(events).toHaveLength(1);
  });

  it('is not given when it cannot be recorded, and the next time is tried again', async () => {
    let broken = true;
    let tried = 0;
    const { of } = logins(async () => {
      tried += 1;
      if (broken) throw new AppError('lease_lost', 'somebody else has the run');
    });
    await expect(of.http(ORIGIN)).rejects.toMatchObject({ code: 'lease_lost' });
    broken = false;
    expect(await of.http(ORIGIN)).toBeDefined();
    expect(tried).toBe(2);
  });

  it('that is not given leaves no entry', async () => {
    const { of, events } = logins(undefined, {});
    expect(await of.http('https://other.example')).toBeUndefined();
    await expect(of.proxy()).rejects.toMatchObject({ code: 'secret_missing' });
    expect(events).toEqual([]);
  });

  it('of a real run stands in its log, and the log without its value', async () => {
    const { executor, start, until, events } = await world(
      () => ({ steps: [finish] }),
      {},
      undefined,
      undefined,
      secretsOf(VALUES),
    );
    await start({ httpCredentials: ['intranet'], browser: contract.browser });
    await executor().start();
    expect(await until(isFinal)).toMatchObject({ status: 'succeeded' });
    const used = (await events()).filter(({ type }) => type === 'secret.used');
    expect(used).toEqual([expect.objectContaining({ name: 'proxy', use: 'proxy', origin: PROXY })]);
    expect(JSON.stringify(await events())).not.toContain('pr0xy-pass');
  });
});
