import { NOTATIONS } from './address-notations.ts';
import type { Target } from './listed-targets.ts';
import { EVIL, SITE } from './world.ts';

/** Hosts that the task contract does not list. */
export const UNLISTED: readonly Target[] = [
  ...NOTATIONS.map(({ name, host }): Target => ({
    name,
    host,
    ...((host.includes('@') || name === 'zero') && { unheard: true }),
  })),
  { name: 'metadata-name', host: 'metadata.google.internal' },
  { name: 'metadata-name-dot', host: 'metadata.google.internal.' },
  { name: 'metadata-short', host: 'metadata' },
  { name: 'other-host', host: EVIL.name },
  { name: 'other-port', host: `${SITE.name}:8080` },
  { name: 'port-ssh', host: `${SITE.name}:22`, unheard: true },
  { name: 'port-smtp', host: `${SITE.name}:25`, unheard: true },
  { name: 'port-redis', host: `${SITE.name}:6379` },
  { name: 'look-alike', host: 'portal.test.evil.test' },
  { name: 'sub-domain', host: 'a.portal.test' },
];
