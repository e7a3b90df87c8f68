import type { EgressRefusal } from '../../../shared/contracts/egress.ts';
import { canonicalHost } from '../../../shared/policy/egress.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';
import type { PausedByBrowser, WireGate } from './wire-gate.ts';

interface Paused extends PausedByBrowser {
  readonly frameId: string;
}

interface Challenged {
  requestId: string;
  authChallenge: { source?: 'Server' | 'Proxy'; origin: string };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

/** An answer to HTTP authentication; without one the server's own page is shown. */
async function credentialsFor(
  host: Pick<SessionHost, 'httpCredentials'>,
  origin: string,
): Promise<object> {
  const given = await host.httpCredentials?.(origin).catch(() => undefined);
  return answerOf(given);
}

const answerOf = (login: Login | undefined): object =>
  login ? { response: 'ProvideCredentials', ...login } : { response: 'CancelAuth' };

export interface OriginGuard {
  readonly channel: CdpChannel;
  readonly host: Pick<SessionHost, 'assertMayShow' | 'mayFetch' | 'httpCredentials' | 'refused'>;
  /** What the egress proxy asks for. */
  readonly pass: Login;
  readonly isMain: (frameId: string) => boolean;
  /** Takes what has an unsafe method while it is open. */
  readonly gate: Pick<WireGate, 'isFor' | 'hold' | 'listen'>;
  /** Told of a document of the main frame that may not be shown. */
  readonly refused: (error: AppError) => void;
}

/**
 * Holds requests of a process to the task contract, each hop of a redirect too: a document of the main frame must be one that may be
 * shown, anything else one that may be fetched. What passes is handed to the wire gate while that is open. That a document is a document only the browser knows; hosts are the egress proxy's as
 * well, also for what is not seen here.
 */
export async function guardOrigins(guard: OriginGuard): Promise<void> {
  const { channel, host, gate } = guard;
  const pass: Login = { username: guard.pass.username, password: guard.pass.password };
  channel.on('Fetch.requestPaused', (event: Paused) => {
    const { requestId, request } = event;
    const main = event.resourceType === 'Document' && guard.isMain(event.frameId);
    const error = refusal(host, request.url, main);
    // An aborted navigation leaves the page where it is; a blocked one would put an error page in its place.
    const errorReason = main ? 'Aborted' : 'BlockedByClient';
    if (!error && gate.isFor(event)) {
      gate.hold(channel, event, errorReason);
      return;
    }
    const done = error
      ? channel.send('Fetch.failRequest', {
          requestId,
          errorReason,
        })
      : channel.send('Fetch.continueRequest', { requestId });
    done.catch(() => undefined);
    if (!error) return;
    host.refused(toldOf(request.url, error));
    if (main) guard.refused(error);
  });
  gate.listen(channel);
  const asked = new Set<string>();
  channel.on('Fetch.authRequired', ({ requestId, authChallenge }: Challenged) => {
    const isProxy = authChallenge.source === 'Proxy';
    const key = `${isProxy ? 'proxy' : 'server'} ${requestId}`;
    // Once is enough: who is asked again was refused.
    const answer = asked.has(key)
      ? Promise.resolve({ response: 'CancelAuth' })
      : isProxy
        ? Promise.resolve(answerOf(pass))
        : credentialsFor(host, authChallenge.origin);
    asked.add(key);
    void answer
      .then(async (authChallengeResponse) =>
        channel.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }),
      )
      .catch(() => undefined);
  });
  await channel.send('Fetch.enable', {
    patterns: [{ urlPattern: '*', requestStage: 'Request' }],
    handleAuthRequests: true,
  });
}

/** For the log. */
export function toldOf(text: string, error: AppError): EgressRefusal {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usual = url?.protocol === 'https:' ? 443 : url?.protocol === 'http:' ? 80 : 0;
  return {
    host: canonicalHost(url?.hostname ?? '') ?? '',
    port: Number(url?.port || usual),
    reason: error.code === 'lease_lost' ? 'lease' : 'origin',
    detail: error.message.slice(0, 500),
  };
}

/** Why a request may not leave, if it may not; `shown`: it is for a document of a main frame. */
export function refusal(
  host: Pick<SessionHost, 'assertMayShow' | 'mayFetch'>,
  url: string,
  shown: boolean,
): AppError | undefined {
  if (!shown)
    return host.mayFetch(url)
      ? undefined
      : new AppError('origin_refused', `requests to ${url.slice(0, 200)} are refused`);
  try {
    host.assertMayShow(url);
    return undefined;
  } catch (error) {
    return AppError.from(error, 'origin_refused');
  }
}
