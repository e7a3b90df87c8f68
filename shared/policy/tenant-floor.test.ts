import { describe, expect, it } from 'vitest';

import { TaskContract } from '../contracts/task-contract.ts';
import { TenantPolicy } from '../contracts/tenant-policy.ts';
import { checkContract, underFloor } from './tenant-floor.ts';

const ask = (given: object): TaskContract =>
  TaskContract.parse({ navigate: ['https://portal.example'], ...given });
const floor = (given: object): TenantPolicy => TenantPolicy.parse(given);

describe("a tenant's floor", () => {
  it('changes nothing where there is none', () => {
    const contract = ask({ level: 'autonomous' });
    expect(underFloor(contract, undefined)).toEqual(contract);
    expect(underFloor(contract, floor({}))).toEqual(contract);
  });

  it('raises the level and lowers the budgets, never the other way', () => {
    const low = underFloor(
      ask({ level: 'autonomous', budgets: { steps: 500 } }),
      floor({ level: 'standard', budgets: { steps: 100 } }),
    );
    expect(low).toMatchObject({ level: 'standard', budgets: { steps: 100 } });
    const tight = underFloor(
      ask({ level: 'strict', budgets: { steps: 5 } }),
      floor({ level: 'standard', budgets: { steps: 100 } }),
    );
    expect(tight).toMatchObject({ level: 'strict', budgets: { steps: 5 } });
  });

  const allowed = floor({
    navigate: ['https://portal.example', { suffix: 'shop.example' }],
    resources: ['https://cdn.example'],
    secrets: ['portal-password'],
    commits: [{ name: 'Confirm order', origin: 'https://portal.example' }],
  });
  const refused: [string, object, RegExp][] = [
    [
      'another host',
      { navigate: ['https://evil.example'] },
      /https:\/\/evil\.example.*policy's navigate/,
    ],
    ['a wider suffix', { navigate: [{ suffix: 'example.com' }] }, /\*\.example\.com/],
    ['another resource host', { resources: ['https://tracker.example'] }, /policy's resources/],
    ['another secret', { secrets: ['root'] }, /policy's secrets/],
    ['a commit by that name elsewhere', { commits: [{ name: 'Confirm order' }] }, /Confirm order/],
    ['another commit', { commits: [{ name: 'Pay', origin: 'https://portal.example' }] }, /"Pay"/],
  ];
  it.each(refused)('refuses %s and says what to add', (_what, given, message) => {
    expect(() => underFloor(ask(given), allowed)).toThrow(message);
  });

  it('lets through what it names', () => {
    const contract = ask({
      navigate: [
        'https://portal.example',
        'https://www.shop.example',
        { suffix: 'eu.shop.example' },
      ],
      resources: ['https://cdn.example', 'https://portal.example'],
      secrets: ['portal-password'],
      commits: [{ name: 'confirm ORDER', origin: 'https://portal.example' }],
    });
    expect(underFloor(contract, allowed)).toEqual(contract);
  });
});

describe('suffixes of a task contract', () => {
  it.each(['co.uk', 'github.io', 'com.br', 's3.amazonaws.com'])(
    'refuses %s: anybody can have a site there',
    (suffix) => {
      expect(() => checkContract(ask({ navigate: [{ suffix }] }))).toThrow(
        /contract\.navigate: anybody/,
      );
    },
  );
  it.each(['example.com', 'me.github.io', 'a.b.example.co.uk'])('takes %s', (suffix) => {
    expect(() => checkContract(ask({ resources: [{ suffix }] }))).not.toThrow();
  });
});
