import type { HostileCase } from './hostile-case.ts';
import type { HostileApi, TokenForm } from './platform-api.ts';
import { expectStatus, firstBroken, platformCase } from './platform-case.ts';

const ROOT = 'root@example.com';

const TOKENS: readonly (readonly [
  name: string,
  claims: (now: number) => Readonly<Record<string, unknown>>,
  form?: TokenForm,
])[] = [
  ['audience', () => ({ aud: 'https://other.example' })],
  ['audience-list', () => ({ aud: ['https://rodex.example', 'https://other.example'] })],
  ['issuer', () => ({ iss: 'https://accounts.google.com.evil.example' })],
  ['expired', (now) => ({ iat: now - 7_200, exp: now - 3_600 })],
  ['not-verified', () => ({ email_verified: false })],
  ['no-email', () => ({ email: undefined })],
  ['alg-none', () => ({}), 'none'],
  ['alg-hmac', () => ({}), 'HS256'],
  ['other-key', () => ({}), 'other-key'],
];

const served = async (api: HostileApi, key: string): ReturnType<typeof expectStatus> =>
  expectStatus(await api.ask('/v1/me', { key }), 200);

/** Who asks: tokens of somebody else, keys where they do not belong, headers that claim something. */
export function identityCases(): HostileCase[] {
  return [
    ...TOKENS.map(([name, claims, form]) =>
      platformCase(
        `oidc/${name}`,
        async (api) => {
          const token = api.token(claims(Math.trunc(Date.now() / 1_000)), form);
          return expectStatus(await api.ask('/v1/me', { key: token }), 401);
        },
        async (api) => served(api, api.token()),
      ),
    ),
    platformCase(
      'oidc/other-account',
      async (api) =>
        firstBroken({
          service: async () =>
            expectStatus(
              await api.ask('/v1/me', {
                key: api.token({ email: 'caller@other.iam.gserviceaccount.com' }),
              }),
              403,
            ),
          person: async () =>
            expectStatus(await api.ask('/v1/me', { key: api.token({ email: ROOT }) }), 403),
        }),
      async (api) => served(api, api.token()),
    ),
    platformCase(
      'api-key/not-in-the-header',
      async (api) => {
        const key = await api.keyOf('viewer');
        const places: Record<string, [string, Record<string, string>]> = {
          'query key': [`?key=${key}`, {}],
          'query access_token': [`?access_token=${key}`, {}],
          'query authorization': [`?authorization=Bearer%20${key}`, {}],
          cookie: ['', { cookie: `key=${key}; authorization=${key}` }],
          'x-api-key': ['', { 'x-api-key': key }],
          basic: ['', { authorization: `Basic ${btoa(`:${key}`)}` }],
        };
        return firstBroken(
          Object.fromEntries(
            Object.entries(places).map(([name, [query, headers]]) => [
              name,
              async () => expectStatus(await api.ask(`/v1/me${query}`, { headers }), 401),
            ]),
          ),
        );
      },
      async (api) => served(api, await api.keyOf('viewer')),
    ),
    platformCase(
      'api-key/another-tenant',
      async (api) => {
        const key = await api.keyOf('admin', 'globex');
        const runId = await api.runOf('local');
        return firstBroken({
          run: async () => expectStatus(await api.ask(`/v1/runs/${runId}`, { key }), 404),
          log: async () => expectStatus(await api.ask(`/v1/runs/${runId}/log`, { key }), 404),
          events: async () => expectStatus(await api.ask(`/v1/runs/${runId}/events`, { key }), 404),
          header: async () =>
            expectStatus(
              await api.ask('/v1/me', { key, headers: { 'rodex-tenant': 'local' } }),
              403,
            ),
        });
      },
      async (api) => {
        const runId = await api.runOf('globex');
        const key = await api.keyOf('admin', 'globex');
        return expectStatus(await api.ask(`/v1/runs/${runId}`, { key }), 200);
      },
    ),
    platformCase(
      'forwarded/identity-and-host',
      async (api) => {
        const key = await api.keyOf('operator');
        const claims = [
          'x-forwarded-user',
          'x-forwarded-email',
          'x-forwarded-for',
          'x-goog-authenticated-user-email',
          'x-goog-iap-jwt-assertion',
          'forwarded',
        ];
        const anonymous = claims.map(
          (name) =>
            [
              name,
              async () =>
                expectStatus(await api.ask('/v1/me', { headers: { [name]: api.token() } }), 401),
            ] as const,
        );
        return firstBroken({
          ...Object.fromEntries(anonymous),
          location: async () => {
            const created = await api.ask('/v1/runs', {
              method: 'POST',
              key,
              headers: { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
              body: JSON.stringify({ goal: 'x', url: 'https://portal.example/' }),
            });
            await created.body?.cancel();
            const location = created.headers.get('location') ?? '';
            return location.startsWith('/v1/runs/') ? undefined : `Location: ${location}`;
          },
          'original url': async () =>
            expectStatus(
              await api.ask('/v1/me', {
                headers: { 'x-original-url': '/healthz', 'x-http-method-override': 'GET' },
              }),
              401,
            ),
        });
      },
      async (api) => served(api, await api.keyOf('operator')),
    ),
  ];
}
