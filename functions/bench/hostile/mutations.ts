import { startEgressProxy } from '../../executor/egress/egress-proxy.ts';
import { INJECTION_MUTATIONS } from './injection-mutations.ts';
import type { Mutation } from './mutation.ts';
import { startOpenProxy } from './open-proxy.ts';

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'no-proxy': {
    groups: ['network'],
    compose: (options) => ({ ...options, openEgress: startOpenProxy }),
  },
  'no-address-check': {
    groups: ['network'],
    compose: (options) => ({
      ...options,
      openEgress: async () => startEgressProxy({ judge: () => ({ kind: 'public', range: 'any' }) }),
    }),
  },
  ...INJECTION_MUTATIONS,
};
