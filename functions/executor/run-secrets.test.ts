import { TOTP } from 'otpauth';
import { describe, expect, it } from 'vitest';

import type { Run } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Secret } from '../../shared/secrets/secret-store.ts';
import { RunSecrets, type Into } from './run-secrets.ts';

const HOME = 'https://portal.example';
const totp = new TOTP({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', label: 'x' });
const field = (given: Partial<Into> = {}): Into => ({
  frameOrigin: HOME,
  ancestorOrigins: [],
  credentialField: true,
  ...given,
});

function stored(values: Record<string, string | undefined>, startMs = 1_000_000_000_000) {
  const slept: number[] = [];
  let now = startMs;
  let reads = 0;
  let typed: number | undefined;
  const limits = {
    begin: async () => undefined,
    usedWindow: async () => typed,
    takeWindow: async (_name: string, window: number) => {
      if (window <= (typed ?? -1)) return false;
      typed = window;
      return true;
    },
  };
  const secrets = new RunSecrets(
    {
      get: async (_tenant, name): Promise<Secret | undefined> => {
        reads += 1;
        const value = values[name];
        return value === undefined ? undefined : { name, value, origins: [HOME], updatedAt: '' };
      },
      set: async () => undefined,
      list: async () => [],
      delete: async () => undefined,
    },
    {
      nowMs: () => now,
      sleep: async (ms) => {
        slept.push(ms);
        now += ms;
      },
    },
    () =>
      ({
        tenantId: 'local',
        runId: 'run_00000000000000000000',
        contract: TaskContract.parse({ navigate: [HOME], secrets: ['password', 'otp'] }),
      }) as Run,
    limits,
    async (name) => ({ name, value: 'given-48213', origins: [HOME], updatedAt: '' }),
  );
  return {
    secrets,
    slept,
    reads: () => reads,
    values,
    at: (ms: number) => (now = ms),
    now: () => now,
  };
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'given',
    (error: unknown) => AppError.from(error).code,
  );

describe('a secret', () => {
  it('is given for its origin, its ancestors and a credential field, and for nothing else', async () => {
    const { secrets } = stored({ password: 'hunter2-hunter2' });
    const evil = 'https://evil.example';
    const get = (into: Into | undefined, name = 'password'): Promise<string> =>
      codeOf(secrets.valueFor('secret', name, into));
    expect(await get(field())).toBe('given');
    expect(await get(field({ frameOrigin: evil }))).toBe('secret_refused');
    expect(await get(field({ ancestorOrigins: [HOME, evil] }))).toBe('secret_refused');
    expect(await get(field({ frameOrigin: 'http://portal.example' }))).toBe('secret_refused');
    expect(await get(field({ credentialField: false }))).toBe('secret_refused');
    expect(await get(undefined)).toBe('secret_refused');
    expect(await get(field(), 'root')).toBe('secret_refused');
  });

  it('is fetched each time, so that a rotated one is typed; while there is none it is asked for once more', async () => {
    const world = stored({ password: 'first-value' });
    expect(await world.secrets.valueFor('secret', 'password', field())).toBe('first-value');
    world.values['password'] = 'second-value';
    expect(await world.secrets.valueFor('secret', 'password', field())).toBe('second-value');
    world.values['password'] = undefined;
    const before = world.reads();
    expect(await codeOf(world.secrets.valueFor('secret', 'password', field()))).toBe(
      'secret_missing',
    );
    expect(world.reads() - before).toBe(2);
    expect([...world.secrets.masked]).toEqual(['first-value', 'second-value']);
  });

  it('is found in what a model writes, before it was ever typed', async () => {
    const { secrets } = stored({ password: 'hunter2-hunter2' });
    await secrets.prepare();
    expect(() => secrets.assertClean('type hunter2-hunter2')).toThrow(AppError);
    expect(() => secrets.assertClean(btoa('xhunter2-hunter2'))).toThrow(AppError);
    expect(() => secrets.assertClean('hunter2-')).not.toThrow();
    expect(() => secrets.assertClean('hunter2')).toThrow(AppError);
  });
});

describe('a one-time code', () => {
  const seed = totp.toString();

  it('is typed in place of its seed, which is never typed', async () => {
    const { secrets, now } = stored({ otp: seed });
    expect(await secrets.valueFor('totp', 'otp', field())).toBe(
      totp.generate({ timestamp: now() }),
    );
    expect(await codeOf(secrets.valueFor('secret', 'otp', field()))).toBe('secret_refused');
    expect([...secrets.masked]).toContain(totp.secret.base32);
  });

  it('waits for the next window at the edge, and never uses one twice', async () => {
    const world = stored({ otp: seed }, 30_000 * 1_000 + 27_500);
    const ready = (): Promise<void> =>
      world.secrets.whenReady('{{totp.otp}}', new AbortController().signal);
    await ready();
    expect(world.slept).toEqual([2_500]);
    const first = await world.secrets.valueFor('totp', 'otp', field());
    await ready();
    expect(world.slept).toEqual([2_500, 30_000]);
    expect(await world.secrets.valueFor('totp', 'otp', field())).not.toBe(first);
  });

  it('is bound to its origins like any secret, and a password is none', async () => {
    const { secrets } = stored({ otp: seed, password: 'hunter2-hunter2' });
    expect(
      await codeOf(secrets.valueFor('totp', 'otp', field({ frameOrigin: 'https://evil.example' }))),
    ).toBe('secret_refused');
    expect(await codeOf(secrets.valueFor('totp', 'password', field()))).toBe('secret_refused');
  });
});
