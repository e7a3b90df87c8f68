import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { STATE_PREFIX } from '../../../shared/contracts/paths.ts';
import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import type { Role } from '../../../shared/contracts/identity.ts';
import { readConfig } from '../../../shared/core/config.ts';
import { randomId } from '../../../shared/core/ids.ts';
import { createLogger } from '../../../shared/core/logger.ts';
import { closeServer, createFrontServer, listen } from '../../../shared/hosting/front-server.ts';
import { RunJournal } from '../../../shared/journal/run-journal.ts';
import { openPlatform } from '../../../shared/platform/open-platform.ts';
import type { Platform } from '../../../shared/platform/platform.ts';
import { webhookRule } from '../../../shared/policy/webhook-target.ts';
import type { Identity } from '../../../shared/policy/roles.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { createApi } from '../../api/api.ts';
import { LiveFeed } from '../../api/live-feed.ts';
import { openDeployedIdentity } from '../../api/open-identity.ts';
import type { World } from './world.ts';

export const AUDIENCE = 'https://rodex.example';
export const MEMBER = 'caller@rodex-demo.iam.gserviceaccount.com';
const ISSUER = 'https://accounts.google.com';
const HOST = '127.0.0.1';

export type TokenForm = 'RS256' | 'none' | 'HS256' | 'other-key';

/** The API as it is deployed (ID tokens and keys, nobody at a terminal) on an embedded platform that acts on nothing. */
export interface HostileApi {
  readonly port: number;
  readonly url: string;
  readonly platform: Platform;
  /** What the API wrote into its log. */
  readonly lines: readonly string[];
  /** A token of Google's for `MEMBER`, with other claims or in another form. */
  token(claims?: Readonly<Record<string, unknown>>, form?: TokenForm): string;
  keyOf(role: Role, tenantId?: string): Promise<string>;
  /** A run that nobody acts on; gives its id. */
  runOf(tenantId?: string): Promise<string>;
  ask(path: string, init?: RequestInit & { readonly key?: string }): Promise<Response>;
}

const root = (tenantId: string): Identity => ({
  principal: 'user:root@example.com',
  kind: 'person',
  tenantId,
  role: 'admin',
  platformAdmin: true,
});

const encoded = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

function signer(keys: { ours: KeyObject; theirs: KeyObject; shown: KeyObject }) {
  return (claims: Readonly<Record<string, unknown>> = {}, form: TokenForm = 'RS256'): string => {
    const now = Math.trunc(Date.now() / 1_000);
    const alg = form === 'other-key' ? 'RS256' : form;
    const body = `${encoded({ alg, kid: 'k1', typ: 'JWT' })}.${encoded({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: '1',
      iat: now,
      exp: now + 3_600,
      email: MEMBER,
      email_verified: true,
      ...claims,
    })}`;
    const signatures: Record<TokenForm, () => Buffer> = {
      RS256: () => sign('RSA-SHA256', Buffer.from(body), keys.ours),
      'other-key': () => sign('RSA-SHA256', Buffer.from(body), keys.theirs),
      HS256: () =>
        createHmac('sha256', keys.shown.export({ type: 'spki', format: 'pem' }))
          .update(body)
          .digest(),
      none: () => Buffer.alloc(0),
    };
    return `${body}.${signatures[form]().toString('base64url')}`;
  };
}

async function open(world: World): Promise<HostileApi> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-hostile-api-'));
  world.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const read = readConfig();
  const config = {
    ...read,
    dataDir,
    tenantId: 'local',
    api: { ...read.api, secret: 's'.repeat(40), audiences: [AUDIENCE], admins: [] },
  };
  const platform = await openPlatform(config);
  world.defer(async () => platform.close());
  const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const identity = openDeployedIdentity(config, platform, { keys: async () => ours.publicKey });
  const lines: string[] = [];
  const log = createLogger('debug', (line) => void lines.push(line));
  const app = createApi({
    ...platform,
    ...identity,
    webhookRule: webhookRule([], false),
    feed: new LiveFeed(),
    log,
    version: '0.0.0',
    hostNames: [HOST],
    privatePrefix: STATE_PREFIX,
  });
  const server = createFrontServer(createServer(app));
  const port = await listen(server, HOST, 0);
  world.defer(async () => closeServer(server));
  await new TenantScope(platform.store, 'local').members.create(MEMBER, {
    schemaVersion: 1,
    tenantId: 'local',
    email: MEMBER,
    role: 'operator',
    addedBy: 'user:root@example.com',
    addedAt: platform.clock.iso(),
  });
  const url = `http://${HOST}:${port}`;
  return {
    port,
    url,
    platform,
    lines,
    token: signer({ ours: ours.privateKey, theirs: theirs.privateKey, shown: ours.publicKey }),
    keyOf: async (role, tenantId = 'local') =>
      (await identity.apiKeys.issue(root(tenantId), { name: role, role })).key,
    runOf: async (tenantId = 'local') => {
      const runId = randomId('run');
      const contract = TaskContract.parse({ navigate: ['https://portal.example'] });
      await RunJournal.create({ ...platform, log }, 'user:ada@example.com', tenantId, runId, {
        type: 'run.created',
        goal: `goal of ${tenantId}`,
        inputs: {},
        labels: {},
        url: 'https://portal.example/',
        contract,
      });
      return runId;
    },
    ask: async (path, { key, ...init } = {}) =>
      fetch(`${url}${path}`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(60_000),
        ...init,
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(init.body !== undefined && { 'content-type': 'application/json' }),
          ...(init.headers as Record<string, string> | undefined),
        },
      }),
  };
}

const opened = new WeakMap<World, Promise<HostileApi>>();

/** One API for all cases of a world. */
export async function apiOf(world: World): Promise<HostileApi> {
  const known = opened.get(world) ?? open(world);
  opened.set(world, known);
  return known;
}
