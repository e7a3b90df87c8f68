import { describe, expect, it } from 'vitest';

import { readApplied, type AppliedResource } from './apply-offline.ts';
import { LIMITS } from './google-limits.ts';

const applied = readApplied();

type Values = Readonly<Record<string, unknown>>;

function valuesAt(values: Values, path: string): readonly unknown[] {
  const [name = '', ...rest] = path.split('.');
  const value = values[name];
  if (value === undefined) return [];
  if (rest.length === 0) return [value];
  return ([value].flat() as Values[]).flatMap((item) => valuesAt(item, rest.join('.')));
}

const of = (type: RegExp): readonly AppliedResource[] =>
  applied.resources.filter((resource) => type.test(resource.type));

describe('what is applied', () => {
  it.each(LIMITS.map((limit) => [`${limit.type.source} ${limit.at}`, limit] as const))(
    'keeps to the limits of %s',
    (_what, { type, at, holds, bad }) => {
      const found = of(type).flatMap(({ values }) => valuesAt(values, at));
      expect(found.length).toBeGreaterThan(0);
      for (const value of found) expect(holds(value as never), JSON.stringify(value)).toBe(true);
      expect(holds(bad as never), 'the control passes').toBe(false);
    },
  );

  it('lets everybody call the API alone', () => {
    const open = applied.resources.filter(({ values }) =>
      String(values['member']).startsWith('all'),
    );
    expect(open.map(({ address }) => address)).toEqual([
      'module.function["api"].google_cloud_run_v2_service_iam_member.invoker["allUsers"]',
    ]);
  });

  it('tries rules of the firewall in an order that holds', () => {
    const egress = of(/^google_compute_firewall$/)
      .filter(({ values }) => values['direction'] === 'EGRESS')
      .toSorted((a, b) => Number(a.values['priority']) - Number(b.values['priority']))
      .map(({ values }) => String(values['name']));
    expect(egress).toEqual([
      'rodex-allow-private-hosts',
      'rodex-deny-private',
      'rodex-allow-web',
      'rodex-deny-rest',
    ]);
  });
});
