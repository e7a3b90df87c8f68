import { describe, expect, it } from 'vitest';

import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { AuditArchive } from '../audit/audit-archive.ts';
import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import type { KeyWrap } from '../audit/key-wrap.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { TOPIC_OF, type Message } from '../contracts/message.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { guardOf } from './gcp-guard.ts';
import { COMPONENT_SPECS, COMPONENTS, type Component } from './gcp-topology.ts';

/** Answers every call. */
const anything = <T>(): T => new Proxy({}, { get: () => async () => 'done' }) as T;

function portsOf(component: Component) {
  const guard = guardOf(component);
  return {
    bus: guard.bus(anything<MessageBus>()),
    secrets: guard.secrets(anything<SecretStore>()),
    artifacts: guard.artifacts(anything<ArtifactStore>()),
    archive: guard.archive(anything<AuditArchive>()),
    signer: guard.signer(anything<CheckpointSigner>()),
    keyWrap: guard.keyWrap(anything<KeyWrap>()),
  };
}
type Ports = ReturnType<typeof portsOf>;

const handler = async (): Promise<void> => undefined;
const letterTo = (topic: string) => ({ topic, body: '', attributes: {} });
const aside = (subscription: string) => ({ messageId: '1', subscription, reason: '', body: '' });

/** Each call, and what of the table lets it pass: `ability` or `ability target`. */
const CALLS: readonly (readonly [string, (ports: Ports) => Promise<unknown>, readonly string[]])[] =
  [
    ...Object.entries(TOPIC_OF).map(
      ([type, topic]) =>
        [
          `publish ${type}`,
          async ({ bus }: Ports) => bus.publish({ type } as Message),
          [`publish ${topic}`],
        ] as const,
    ),
    [
      'send events',
      async ({ bus }) => bus.send(letterTo('rodex-events')),
      ['publish rodex-events'],
    ],
    [
      'pull steps',
      async ({ bus }) =>
        bus.subscribe(
          { topic: 'rodex-steps', subscription: 'rodex-steps', maxInFlight: 1 },
          handler,
        ),
      ['pull rodex-steps'],
    ],
    [
      'receive run requests',
      async ({ bus }) =>
        bus.receive(
          { topic: 'rodex-runs-a', subscription: 'rodex-runs-a', maxInFlight: 1 },
          handler,
        ),
      [],
    ],
    [
      'set plans aside',
      async ({ bus }) => bus.setAside(aside('rodex-plan')),
      ['set-aside rodex-plan'],
    ],
    [
      'set run requests aside',
      async ({ bus }) => bus.setAside(aside('rodex-runs-acme')),
      ['set-aside rodex-runs-*'],
    ],
    ['read dead letters', async ({ bus }) => bus.deadLetters('rodex-plan'), []],
    [
      'read the master key',
      async ({ secrets }) => secrets.get('platform', 'master-key'),
      ['read-secret master-key'],
    ],
    [
      'read the key for Gemini',
      async ({ secrets }) => secrets.get('platform', 'gemini-api-key'),
      [],
    ],
    ['read a secret', async ({ secrets }) => secrets.get('acme', 'x'), ['read-tenant-secrets']],
    [
      'set a secret',
      async ({ secrets }) => secrets.set('acme', 'x', '', []),
      ['write-tenant-secrets'],
    ],
    ['list secrets', async ({ secrets }) => secrets.list('acme'), ['write-tenant-secrets']],
    [
      'remove a secret',
      async ({ secrets }) => secrets.delete('acme', 'x'),
      ['write-tenant-secrets'],
    ],
    [
      'list artifacts',
      async ({ artifacts }) => artifacts.list('a', 'r'),
      ['read-artifacts', 'write-artifacts'],
    ],
    [
      'read an artifact',
      async ({ artifacts }) => artifacts.get('a', 'r', 'n'),
      ['read-artifacts', 'write-artifacts'],
    ],
    [
      'link an artifact',
      async ({ artifacts }) => artifacts.link('a', 'r', 'n', { expiresAtMs: 1 }),
      ['sign-links'],
    ],
    [
      'keep an artifact',
      async ({ artifacts }) => artifacts.put('a', 'r', 'n', new Uint8Array(), { mediaType: '' }),
      ['write-artifacts'],
    ],
    [
      'remove artifacts',
      async ({ artifacts }) => artifacts.removeRun('a', 'r'),
      ['write-artifacts'],
    ],
    [
      'write the archive',
      async ({ archive }) => archive.put('n', new Uint8Array()),
      ['write-archive'],
    ],
    ['read the archive', async ({ archive }) => archive.get('n'), ['write-archive']],
    ['list the archive', async ({ archive }) => archive.list('n'), ['write-archive']],
    ['sign', async ({ signer }) => signer.sign(new Uint8Array()), ['sign-checkpoints']],
    ['read the public key', async ({ signer }) => signer.publicKey(), ['sign-checkpoints']],
    ['wrap', async ({ keyWrap }) => keyWrap.wrap(new Uint8Array(), ''), ['wrap-run-keys']],
    ['unwrap', async ({ keyWrap }) => keyWrap.unwrap('', ''), ['unwrap-run-keys', 'wrap-run-keys']],
  ];

describe.each(COMPONENTS)('the ports of %s', (component) => {
  const does = COMPONENT_SPECS[component].does.map(({ can, to }) => (to ? `${can} ${to}` : can));

  it.each(CALLS)(
    'let it %s where the table says so, and only there',
    async (_what, call, needs) => {
      const done = call(portsOf(component));
      if (needs.some((need) => does.includes(need))) await expect(done).resolves.toBe('done');
      else
        await expect(done).rejects.toMatchObject({
          code: 'permission_denied',
          message: expect.stringContaining(`components.${component}.does`) as string,
        });
    },
  );
});

it('sends to topics of others from triggers alone', async () => {
  await expect(portsOf('triggers').bus.send(letterTo('answers'))).resolves.toBe('done');
  for (const component of COMPONENTS.filter((name) => name !== 'triggers'))
    await expect(portsOf(component).bus.send(letterTo('answers'))).rejects.toMatchObject({
      code: 'permission_denied',
    });
});
