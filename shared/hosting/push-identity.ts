import { OAuth2Client } from 'google-auth-library';

import { AppError } from '../core/errors.ts';

export interface PushIdentity {
  /** What the token must be for: the URL or name that the subscription was given. */
  readonly audience: string;
  /** The service account that the subscription pushes as. */
  readonly serviceAccount: string;
}

/** Public keys by key id, in PEM. */
export type KeySet = Readonly<Record<string, string>>;

/** Resolves when the call is the pusher's. Errors: `unauthenticated`, `permission_denied`. */
export type VerifyPush = (authorization: string | undefined) => Promise<void>;

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * Checks the OIDC token that Pub/Sub and Cloud Scheduler send: signature, time, audience and account. Cloud Run checks it first where only
 * that account may invoke; this holds where somebody opened the service to all.
 */
export function createPushVerifier(
  identity: PushIdentity,
  keys: () => Promise<KeySet> = googleKeys(),
): VerifyPush {
  const client = new OAuth2Client();
  return async (authorization) => {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined)
      throw new AppError('unauthenticated', 'a push needs an OIDC token: Authorization: Bearer …');
    const certs = await keys().catch((error: unknown) => {
      throw new AppError('store_unavailable', "Google's public keys cannot be fetched now", {
        cause: error,
        retryable: true,
      });
    });
    let claims;
    try {
      const ticket = await client.verifySignedJwtWithCertsAsync(
        token,
        { ...certs },
        identity.audience,
        ISSUERS,
      );
      claims = ticket.getPayload();
    } catch (error) {
      throw new AppError(
        'unauthenticated',
        'the OIDC token of this push is not valid: wrong audience, issuer, signature or time',
        { cause: error },
      );
    }
    if (claims?.email === identity.serviceAccount && claims.email_verified === true) return;
    throw new AppError(
      'permission_denied',
      `pushes come from ${identity.serviceAccount}, not from ${claims?.email ?? 'an account without a name'}`,
    );
  };
}

/** Google's keys, kept as long as they say. */
function googleKeys(): () => Promise<KeySet> {
  const client = new OAuth2Client();
  return async () => (await client.getFederatedSignonCertsAsync()).certs as KeySet;
}
