import { createPrivateKey, generateKeyPairSync } from 'node:crypto';

import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';

import { createPushVerifier } from './push-identity.ts';

const identity = { audience: 'https://planner.example', serviceAccount: 'push@p.example' };
const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = async () => ({
  k1: ours.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
});
const verify = createPushVerifier(identity, keys);

async function token(
  claims: Record<string, unknown> = {},
  {
    audience = identity.audience,
    issuer = 'https://accounts.google.com',
    expires = '10m',
    kid = 'k1',
    key = ours.privateKey,
    alg = 'RS256',
  } = {},
): Promise<string> {
  const signed = await new SignJWT({
    email: identity.serviceAccount,
    email_verified: true,
    ...claims,
  })
    .setProtectedHeader({ alg, kid })
    .setIssuedAt()
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('1')
    .setExpirationTime(expires)
    .sign(createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })));
  return `Bearer ${signed}`;
}

describe('who pushes', () => {
  it('is believed with a token of the service account for this audience', async () => {
    await expect(verify(await token())).resolves.toBeUndefined();
  });

  it.each([
    ['none', async () => undefined],
    ['another kind', async () => 'Basic eDp5'],
    ['rubbish', async () => 'Bearer a.b.c'],
    ['another audience', async () => token({}, { audience: 'https://other.example' })],
    ['another issuer', async () => token({}, { issuer: 'https://evil.example' })],
    ['one that is over', async () => token({}, { expires: '-1h' })],
    ['an unknown key', async () => token({}, { kid: 'k2' })],
    ['a key of another signer', async () => token({}, { key: theirs.privateKey })],
    [
      'one without a signature',
      async () => {
        const [, payload = ''] = (await token()).split('.');
        const header = Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url');
        return `Bearer ${header}.${payload}.`;
      },
    ],
  ])('is not believed with %s', async (_what, make) => {
    await expect(verify(await make())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each([
    ['another account', { email: 'other@p.example' }],
    ['an address that nobody verified', { email_verified: false }],
    ['no address', { email: undefined }],
  ])('is refused as %s', async (_what, claims) => {
    await expect(verify(await token(claims))).rejects.toMatchObject({ code: 'permission_denied' });
  });

  it('is asked again later when the keys cannot be fetched', async () => {
    const blind = createPushVerifier(identity, async () => Promise.reject(new Error('offline')));
    await expect(blind(await token())).rejects.toMatchObject({
      code: 'store_unavailable',
      retryable: true,
    });
  });
});
