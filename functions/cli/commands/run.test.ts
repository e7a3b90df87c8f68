import { expect, it } from 'vitest';

import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import { requestOf } from './run.ts';

const url = 'https://portal.example/start';

it('records all there is, or the parts that are named', () => {
  expect(requestOf('go', { url, trace: true }).contract).toMatchObject({
    trace: ['actions', 'playwright', 'har', 'screencast'],
  });
  expect(requestOf('go', { url, trace: 'har, screencast' }).contract).toMatchObject({
    trace: ['har', 'screencast'],
  });
  expect(requestOf('go', { url }).contract).not.toHaveProperty('trace');
  expect(() => requestOf('go', { url, trace: 'video' })).toThrow(
    '--trace video: there are actions, playwright, har, screencast',
  );
});

it('does not record a run that may use secrets or a saved profile, and says why', () => {
  const issue = (extra: object): string | undefined =>
    TaskContract.safeParse({ navigate: ['https://portal.example'], trace: ['har'], ...extra }).error
      ?.issues[0]?.message;
  const refused = 'a run that may use secrets or a saved profile is not recorded';
  expect(issue({})).toBeUndefined();
  expect(issue({ secrets: ['portal-password'] })).toContain(refused);
  expect(issue({ httpCredentials: ['intranet'] })).toContain(refused);
  expect(issue({ browser: { profile: 'office' } })).toContain(refused);
  const proxy = { server: 'http://proxy.example:3128', credentials: 'proxy-login' };
  expect(issue({ browser: { proxy } })).toContain(refused);
});
