import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

import { AppError } from '../../shared/core/errors.ts';
import type { Identity } from '../../shared/policy/roles.ts';

export interface RateLimits {
  /** Requests a minute of one principal. */
  readonly perPrincipal: number;
  /** Requests a minute of one tenant, all its principals together. */
  readonly perTenant: number;
}

export const DEFAULT_LIMITS: RateLimits = { perPrincipal: 600, perTenant: 3_000 };
const WINDOW_S = 60;

type Headers = Record<string, string>;

/**
 * Counts in this process: with n instances up to n times as much passes, which keeps a flood from one instance without a write for each
 * request. Headers are those of draft-ietf-httpapi-ratelimit-headers.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #perPrincipal: RateLimiterMemory;
  readonly #perTenant: RateLimiterMemory;

  constructor(limits: Partial<RateLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    const { perPrincipal, perTenant } = this.#limits;
    this.#perPrincipal = new RateLimiterMemory({ points: perPrincipal, duration: WINDOW_S });
    this.#perTenant = new RateLimiterMemory({ points: perTenant, duration: WINDOW_S });
  }

  /** Takes one request. Calls `tell` with headers for the response; throws `rate_limited`. */
  async take({ tenantId, principal }: Identity, tell: (headers: Headers) => void): Promise<void> {
    const own = await consume(this.#perPrincipal, `${tenantId} ${principal}`);
    const all = await consume(this.#perTenant, tenantId);
    const { perPrincipal, perTenant } = this.#limits;
    const seconds = ({ msBeforeNext }: RateLimiterRes): number => Math.ceil(msBeforeNext / 1_000);
    const left = ({ remainingPoints }: RateLimiterRes): number => Math.max(0, remainingPoints);
    const headers = {
      'ratelimit-policy': `"principal";q=${perPrincipal};w=${WINDOW_S}, "tenant";q=${perTenant};w=${WINDOW_S}`,
      ratelimit: `"principal";r=${left(own)};t=${seconds(own)}, "tenant";r=${left(all)};t=${seconds(all)}`,
    };
    const over = [
      { what: principal, state: own, limit: perPrincipal },
      { what: `the tenant ${tenantId}`, state: all, limit: perTenant },
    ].find(({ state, limit }) => state.consumedPoints > limit);
    if (!over) return tell(headers);
    const wait = Math.max(1, seconds(over.state));
    tell({ ...headers, 'retry-after': String(wait) });
    throw new AppError(
      'rate_limited',
      `${over.what} has made its ${over.limit} requests of this minute; try again in ${wait} s`,
      { retryable: true, details: { retryAfterS: wait } },
    );
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (error) {
    // The library says "too many" by rejecting with the same report.
    if (error instanceof RateLimiterRes) return error;
    throw error;
  }
}
