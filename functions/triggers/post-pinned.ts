import { lookup } from 'node:dns/promises';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import net from 'node:net';

import type { AddressVerdict } from '../../shared/policy/addresses.ts';
import { refuseAddresses } from '../../shared/policy/egress.ts';
import type { WebhookTarget } from '../../shared/policy/webhook-target.ts';

export interface Posted {
  readonly status?: number;
  /** Why it did not arrive, in words of ours. */
  readonly error?: string;
  /** The beginning of the answer, without control characters. */
  readonly response?: string;
  /** From `Retry-After`, in seconds. */
  readonly retryAfterMs?: number;
}

export interface PostOptions {
  readonly timeoutMs: number;
  /** All addresses of a name. Default: the machine's resolver. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** What an address is. Default: policy's judgement. */
  readonly judge?: (address: string) => AddressVerdict;
  /** Told why an address was refused: not for whoever owns the webhook, who must not learn of the network behind. */
  readonly onRefusal: (detail: string) => void;
}

const MAX_RESPONSE = 256;
const MAX_READ_BYTES = 4_096;
const MAX_HEADER_BYTES = 16_384;

async function resolveName(host: string): Promise<string[]> {
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
  return (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);
}

/**
 * Posts once: the name is looked up once, every answer is judged, and the connection goes to an address that was judged. Redirects
 * are not followed, no cookie or credential is sent, and of the answer little is read. Never rejects for what the other side does.
 */
export async function postPinned(
  url: string,
  target: WebhookTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: PostOptions,
): Promise<Posted> {
  const { host, port, opened } = target;
  const { resolve = resolveName, judge, onRefusal, timeoutMs } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  let addresses: readonly string[];
  try {
    addresses = net.isIP(host) === 0 ? await within(resolve(host), timeout) : [host];
  } catch {
    return {
      error: timeout.aborted ? late(timeoutMs) : 'the name of the endpoint cannot be found',
    };
  }
  const refusal = refuseAddresses({ host, port }, addresses, opened, judge);
  if (refusal || addresses.length === 0) {
    onRefusal(refusal?.detail ?? `${host} has no address`);
    return { error: 'the address of the endpoint is not public' };
  }
  const answers = addresses.map((address) => ({ address, family: net.isIP(address) }));
  const request: RequestOptions & { autoSelectFamily: boolean } = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal: timeout,
    autoSelectFamily: true,
    lookup: (_name, _options, done) => done(null, answers),
  };
  try {
    return read(await sent(target.secure, url, request, body), timeout);
  } catch (error) {
    return { error: timeout.aborted ? late(timeoutMs) : saidOf(error) };
  }
}

const late = (timeoutMs: number): string => `no answer within ${timeoutMs / 1_000} s`;

async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return Promise.race([work, promise]);
}

async function sent(
  secure: boolean,
  url: string,
  options: RequestOptions,
  body: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(url, options, resolve);
    request.once('error', reject);
    request.end(body);
  });
}

/** The status decides; a body that never ends, or breaks, changes nothing. */
async function read(response: IncomingMessage, timeout: AbortSignal): Promise<Posted> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_READ_BYTES || timeout.aborted) break;
    }
  } catch {
    // What came until then is shown.
  }
  response.destroy();
  const status = response.statusCode ?? 0;
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, MAX_RESPONSE)
    .toWellFormed();
  const retryAfterMs = Number(response.headers['retry-after'] ?? Number.NaN) * 1_000;
  return {
    status,
    ...(status < 200 || status > 299 ? { error: errorOf(status) } : {}),
    ...(text !== '' && { response: text }),
    ...(retryAfterMs > 0 && { retryAfterMs }),
  };
}

function errorOf(status: number): string {
  const redirect = status >= 300 && status < 400;
  return redirect ? `answered ${status}: redirects are not followed` : `answered ${status}`;
}

/** By the code: messages of the network name addresses. */
function saidOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return `the connection failed${typeof code === 'string' ? ` (${code.slice(0, 60)})` : ''}`;
}
