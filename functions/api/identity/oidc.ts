import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

import { AppError } from '../../../shared/core/errors.ts';

const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs';
const GOOGLE_ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];
const CLOCK_TOLERANCE_S = 30;

export interface OidcOptions {
  /** Exactly these `aud` values are for us. */
  readonly audiences: readonly string[];
  /** Google's, unless a test brings its own. */
  readonly keys?: JWTVerifyGetKey;
  readonly now?: () => Date;
}

/** Strict on what is used, loose on what else Google puts in. */
const Claims = z.looseObject({
  sub: z.string().min(1),
  aud: z.string(),
  exp: z.number(),
  email: z.email().max(254),
  email_verified: z.literal(true),
});

export interface VerifiedEmail {
  readonly email: string;
  readonly kind: 'person' | 'service';
}

export type OidcVerifier = (token: string) => Promise<VerifiedEmail>;

const refused = (why: string, cause?: unknown): AppError =>
  new AppError('unauthenticated', `the identity token is refused: ${why}`, { cause });

/**
 * Verifies a Google-signed ID token: signature (RS256 only), issuer, expiry, exact audience, e-mail and `email_verified`.
 * Errors: `unauthenticated`, saying which of them failed.
 */
export function createOidcVerifier(options: OidcOptions): OidcVerifier {
  const keys = options.keys ?? createRemoteJWKSet(new URL(GOOGLE_KEYS));
  return async (token) => {
    const payload = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: GOOGLE_ISSUERS,
      audience: [...options.audiences],
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'iat', 'sub', 'aud', 'iss'],
      ...(options.now && { currentDate: options.now() }),
    }).then(
      (verified) => verified.payload,
      (error: unknown) => {
        if (error instanceof errors.JWKSTimeout)
          throw new AppError('store_unavailable', 'the keys of Google cannot be read now', {
            cause: error,
            retryable: true,
          });
        throw refused(error instanceof errors.JOSEError ? error.code : 'it is no token', error);
      },
    );
    const claims = Claims.safeParse(payload);
    if (!claims.success) {
      const claim = claims.error.issues[0]?.path.join('.') ?? 'a claim';
      throw refused(`${claim} is missing or not what it must be`, claims.error);
    }
    const email = claims.data.email.toLowerCase();
    return { email, kind: email.endsWith('.gserviceaccount.com') ? 'service' : 'person' };
  };
}
