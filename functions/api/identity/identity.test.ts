import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, createLocalJWKSet } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { createClient } from '../../../shared/client/client.ts';
import { systemClock } from '../../../shared/core/clock.ts';
import { RunJournal } from '../../../shared/journal/run-journal.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { adminIdentity, adminOf, startTestApi, type TestApi } from '../__fixtures__/test-api.ts';
import { createOidcVerifier } from './oidc.ts';

const AUDIENCE = 'https://rodex.example';
const ISSUER = 'https://accounts.google.com';
let sign: (claims: Record<string, unknown>, kid?: string) => Promise<string>;
let forge: (claims: Record<string, unknown>) => Promise<string>;
let api: TestApi;
let nowMs = Date.now();

beforeAll(async () => {
  const ours = await generateKeyPair('RS256');
  const theirs = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'RS256' };
  const oidc = createOidcVerifier({
    audiences: [AUDIENCE],
    keys: createLocalJWKSet({ keys: [jwk] }),
  });
  const token = (claims: Record<string, unknown>, key: CryptoKey, kid: string) =>
    new SignJWT({ email: 'ada@example.com', email_verified: true, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuedAt()
      .setSubject('1')
      .setIssuer((claims['iss'] as string | undefined) ?? ISSUER)
      .setAudience((claims['aud'] as string | undefined) ?? AUDIENCE)
      .setExpirationTime((claims['exp'] as number | undefined) ?? '1h')
      .sign(key);
  sign = async (claims, kid = 'k1') => token(claims, ours.privateKey, kid);
  forge = async (claims) => token(claims, theirs.privateKey, 'k1');
  api = await startTestApi({
    oidc,
    platformAdmins: ['root@example.com'],
    clock: { ...systemClock, nowMs: () => nowMs, iso: () => new Date(nowMs).toISOString() },
  });
  const { members } = new TenantScope(api.store, 'local');
  await members.create('ada@example.com', {
    schemaVersion: 1,
    tenantId: 'local',
    email: 'ada@example.com',
    role: 'operator',
    addedBy: 'user:root@example.com',
    addedAt: systemClock.iso(),
  });
});
afterAll(async () => api.close());

const me = async (headers: Record<string, string>, query = ''): Promise<Response> =>
  fetch(`${api.url}/v1/me${query}`, { headers });
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { code?: unknown }).code;

describe('Google identity tokens', () => {
  it('takes a good one, for the role that its e-mail has', async () => {
    const response = await me(bearer(await sign({})));
    expect(await response.json()).toMatchObject({
      principal: 'user:ada@example.com',
      role: 'operator',
      kind: 'person',
    });
  });

  it.each<[string, () => Promise<string>]>([
    ['another audience', async () => sign({ aud: 'https://other.example' })],
    ['another issuer', async () => sign({ iss: 'https://accounts.evil.example' })],
    ['expired', async () => sign({ exp: Math.floor(Date.now() / 1_000) - 3_600 })],
    ['signed with another key', async () => forge({})],
    ['signed with an unknown key id', async () => sign({}, 'k9')],
    ['an e-mail that is not verified', async () => sign({ email_verified: false })],
    ['e-mail verified as text', async () => sign({ email_verified: 'true' })],
    ['no e-mail', async () => sign({ email: undefined })],
    [
      'unsigned (alg: none)',
      async () =>
        new UnsecuredJWT({ email: 'root@example.com', email_verified: true })
          .setIssuedAt()
          .setSubject('1')
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setExpirationTime('1h')
          .encode(),
    ],
    [
      'HMAC with the public key as its secret',
      async () =>
        new SignJWT({ email: 'root@example.com', email_verified: true })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .setIssuedAt()
          .setSubject('1')
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode('x'.repeat(64))),
    ],
    ['no token at all', async () => 'eyJhbGciOi'],
  ])('refuses %s', async (_name, token) => {
    const response = await me(bearer(await token()));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await codeOf(response)).toBe('unauthenticated');
  });

  it('refuses a person, or another service account, that is no member', async () => {
    for (const email of ['eve@example.com', 'other@project.iam.gserviceaccount.com']) {
      const response = await me(bearer(await sign({ email })));
      expect(response.status).toBe(403);
    }
  });

  it('refuses a member in a tenant that is not theirs', async () => {
    const token = await sign({});
    expect((await me({ ...bearer(token), 'rodex-tenant': 'globex' })).status).toBe(403);
    expect((await me({ ...bearer(token), 'rodex-tenant': '../local' })).status).toBe(400);
  });

  it('is refused where no identity tokens are configured', async () => {
    const plain = await startTestApi();
    const response = await fetch(`${plain.url}/v1/me`, { headers: bearer(await sign({})) });
    expect(response.status).toBe(401);
    await plain.close();
  });
});

describe('API keys', () => {
  it('are taken from the Authorization header only', async () => {
    const key = await api.keyOf('viewer');
    expect((await me(bearer(key))).status).toBe(200);
    expect((await me({}, `?key=${key}`)).status).toBe(401);
    expect((await me({}, `?access_token=${key}`)).status).toBe(401);
    expect((await me({ 'x-api-key': key })).status).toBe(401);
    expect((await me({ cookie: `key=${key}` })).status).toBe(401);
    expect((await me({ authorization: `Basic ${btoa(`:${key}`)}` })).status).toBe(401);
  });

  it('are stored as an HMAC, and shown once', async () => {
    const admin = createClient({ url: api.url, key: adminOf('local') });
    const { key, apiKey } = await admin.createApiKey({ name: 'ci', role: 'operator' });
    const secret = key.split('.').at(-1) ?? '';
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    const stored = JSON.stringify(await api.store.query({ collection: 'tenants/local/apiKeys' }));
    expect(stored).toContain(apiKey.keyId);
    expect(stored).not.toContain(secret);
    const shown = await fetch(`${api.url}/v1/api-keys/${apiKey.keyId}`, {
      headers: bearer(adminOf('local')),
    });
    const text = await shown.text();
    expect(text).not.toContain(secret);
    expect(text).not.toContain('hmac');
  });

  it('cannot be forged: another secret, another id, another tenant', async () => {
    const key = await api.keyOf('viewer');
    const [rdx, tenant, keyId, secret = ''] = key.split('.');
    const changed = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`;
    for (const forged of [
      [rdx, tenant, keyId, changed],
      [rdx, tenant, 'key_00000000000000000000', secret],
      [rdx, 'globex', keyId, secret],
      [rdx, tenant, 'terminal', secret],
    ])
      expect((await me(bearer(forged.join('.')))).status).toBe(401);
    expect((await me({ ...bearer(key), 'rodex-tenant': 'globex' })).status).toBe(403);
  });

  it('are rotated with an overlap as the same principal, revoked at once, and expire', async () => {
    nowMs = Date.now();
    const { apiKeys } = api.deps;
    const root = adminIdentity('local');
    const first = await apiKeys.issue(root, { name: 'ci', role: 'operator' });
    const second = await apiKeys.rotate(root, first.apiKey.keyId, 60_000);
    expect(second.apiKey).toMatchObject({ principal: first.apiKey.principal, role: 'operator' });
    expect((await me(bearer(first.key))).status).toBe(200);
    await expect(apiKeys.rotate(root, first.apiKey.keyId, 0)).rejects.toMatchObject({
      code: 'conflict',
    });
    nowMs += 61_000;
    expect((await me(bearer(first.key))).status).toBe(401);
    expect((await me(bearer(second.key))).status).toBe(200);
    await apiKeys.revoke(root, second.apiKey.keyId);
    expect((await me(bearer(second.key))).status).toBe(401);
  });

  it('tell when they were used last, by the minute', async () => {
    const issued = await api.deps.apiKeys.issue(adminIdentity('local'), {
      name: 'used',
      role: 'viewer',
    });
    const { apiKeys } = new TenantScope(api.store, 'local');
    const update = vi.spyOn(api.store, 'commit');
    for (let count = 0; count < 5; count += 1) await me(bearer(issued.key));
    expect(update).toHaveBeenCalledTimes(1);
    update.mockRestore();
    expect((await apiKeys.get(issued.apiKey.keyId)).data.lastUsedAt).toBeDefined();
  });

  it('do not know the person at the terminal where there is none', async () => {
    const deployed = await startTestApi({ terminal: false });
    const response = await fetch(`${deployed.url}/v1/me`, { headers: bearer(adminOf('local')) });
    expect(response.status).toBe(401);
    await deployed.close();
  });
});

describe('approving', () => {
  const approvalRun = async (proposerKey: string): Promise<string> => {
    const client = createClient({ url: api.url, key: proposerKey });
    const { runId } = await client.createRun({ goal: 'order', url: 'https://a.example/' });
    const journal = await RunJournal.open(api.deps, 'test', 'local', runId);
    await journal.append(() => [
      { type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false },
      {
        type: 'human.requested',
        leaseEpoch: 1,
        request: {
          requestId: 'ask_1',
          kind: 'approval',
          question: 'Order?',
          choices: ['approve', 'deny'],
          commitDigest: 'sha256:1',
          facts: {},
          askedAt: systemClock.iso(),
          expiresAt: '2999-01-01T00:00:00.000Z',
        },
      },
    ]);
    return runId;
  };
  const approve = async (runId: string, key: string, more = {}): Promise<Response> =>
    fetch(`${api.url}/v1/runs/${runId}/answers`, {
      method: 'POST',
      headers: { ...bearer(key), 'content-type': 'application/json' },
      body: JSON.stringify({ requestId: 'ask_1', answer: 'approve', ...more }),
    });

  it('is not for the proposer, nor for roles without it; once, and for what was seen', async () => {
    const proposer = await api.keyOf('admin');
    const runId = await approvalRun(proposer);
    expect((await approve(runId, proposer)).status).toBe(403);
    expect((await approve(runId, await api.keyOf('operator'))).status).toBe(403);
    expect((await approve(runId, await api.keyOf('viewer'))).status).toBe(403);
    const approver = await api.keyOf('approver');
    expect((await approve(runId, approver, { commitDigest: 'sha256:2' })).status).toBe(409);
    expect((await approve(runId, approver, { commitDigest: 'sha256:1' })).status).toBe(200);
    // Replayed.
    expect((await approve(runId, approver)).status).toBe(409);
  });

  it('is for the person at the terminal, also of their own run', async () => {
    const runId = await approvalRun(adminOf('local'));
    expect((await approve(runId, adminOf('local'))).status).toBe(200);
  });
});

describe('headers that claim something', () => {
  it('are not believed: X-Forwarded-*, X-Forwarded-User, IAP', async () => {
    for (const name of [
      'x-forwarded-user',
      'x-goog-authenticated-user-email',
      'x-forwarded-for',
      'x-forwarded-email',
    ])
      expect((await me({ [name]: 'root@example.com' })).status).toBe(401);
    const created = await fetch(`${api.url}/v1/runs`, {
      method: 'POST',
      headers: {
        ...bearer(adminOf('local')),
        'content-type': 'application/json',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
      },
      body: JSON.stringify({ goal: 'x', url: 'https://a.example/' }),
    });
    expect(created.headers.get('location')).toMatch(/^\/v1\/runs\//);
  });
});
