import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import {
  ABILITIES,
  APIS,
  BUCKETS,
  COMPONENT_SPECS,
  COMPONENTS,
  CUSTOM_ROLES,
  SECRETS,
  SUBSCRIPTIONS,
  subscriptionsOf,
  TOPICS,
} from './gcp-topology.ts';

const example = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8');

it('subscribes to topics that exist, each under a name of its own, pushed only to functions', () => {
  const all = subscriptionsOf(['acme', 'local']);
  const names = all.map(({ subscription }) => subscription);
  expect(new Set(names).size).toBe(names.length);
  for (const { topic, pushTo, ackDeadlineSeconds, maxDeliveryAttempts } of all) {
    expect([...TOPICS, 'rodex-runs-acme', 'rodex-runs-local']).toContain(topic);
    if (pushTo) expect(COMPONENT_SPECS[pushTo].runs).toBe('function');
    expect(ackDeadlineSeconds).toBeGreaterThanOrEqual(10);
    expect(ackDeadlineSeconds).toBeLessThanOrEqual(600);
    expect(maxDeliveryAttempts).toBeGreaterThanOrEqual(5);
    expect(maxDeliveryAttempts).toBeLessThanOrEqual(100);
  }
});

it('gives a turn more time than the function, and the subscription more than both', () => {
  const plan = subscriptionsOf([]).find(({ pushTo }) => pushTo === 'planner');
  expect(plan?.ackDeadlineSeconds).toBeGreaterThan(COMPONENT_SPECS.planner.timeoutSeconds ?? 0);
});

it.each(COMPONENTS)(
  'names for %s only variables that are explained, and secrets that there are',
  (name) => {
    const { environment, secrets } = COMPONENT_SPECS[name];
    for (const variable of environment)
      expect(example, variable).toMatch(new RegExp(`^${variable.replace('?', '')}=`, 'm'));
    for (const [variable, secret] of Object.entries(secrets)) {
      expect(environment).toContain(variable);
      expect(Object.values(SECRETS)).toContain(secret);
    }
  },
);

it.each(Object.entries(ABILITIES))(
  'says for "%s" roles in full, or roles of ours',
  (_, { roles }) => {
    for (const role of roles)
      if (!(role in CUSTOM_ROLES)) expect(role).toMatch(/^roles\/[a-zA-Z.]+$/);
  },
);

it.each(COMPONENTS)('lets %s do only what there is, with what there is', (name) => {
  const { does, environment, secrets } = COMPONENT_SPECS[name];
  const subscriptions = SUBSCRIPTIONS.map(({ subscription }) => subscription);
  for (const { can, to = '' } of does) {
    const { on } = ABILITIES[can];
    if (on === 'topic') expect(TOPICS).toContain(to);
    if (on === 'subscription' || on === 'delivery') expect(subscriptions).toContain(to);
    if (on === 'dead-letters') expect([...subscriptions, 'rodex-runs-*']).toContain(to);
    if (on === 'secret') expect(Object.values(SECRETS)).toContain(to);
  }
  const toWhat = (ability: string): Set<string> =>
    new Set(does.flatMap(({ can, to = '' }) => (can === ability ? [to] : [])));
  const given = toWhat('be-given-secret');
  expect(given).toEqual(new Set(Object.values(secrets)));
  // Who is pushed to sets aside what nobody will ever read, and believes only who pushes.
  const served = subscriptionsOf(['*']).filter(({ pushTo }) => pushTo === name);
  const names = served.map(({ subscription }) => subscription);
  expect(toWhat('set-aside')).toEqual(new Set([...names, ...toWhat('pull')]));
  if (served.length > 0) expect(environment).toContain('RODEX_PUSH_AUDIENCE');
});

it('names APIs in full, secrets and buckets as they are addressed', () => {
  for (const api of APIS) expect(api).toMatch(/^[a-z]+\.googleapis\.com$/);
  for (const name of Object.values(SECRETS)) expect(name).toMatch(/^[a-z-]+$/);
  expect(BUCKETS.artifacts.suffix).toMatch(/^[a-z-]+$/);
});
