import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';

interface Paused {
  requestId: string;
  frameId: string;
  resourceType: string;
  request: { url: string };
}

interface Challenged {
  requestId: string;
  authChallenge: { source?: 'Server' | 'Proxy'; origin: string };
}

/** An answer to HTTP authentication; without one the server's own page is shown. */
async function credentialsFor(
  host: Pick<SessionHost, 'httpCredentials'>,
  origin: string,
): Promise<object> {
  const given = await host.httpCredentials?.(origin).catch(() => undefined);
  return given ? { response: 'ProvideCredentials', ...given } : { response: 'CancelAuth' };
}

/**
 * Holds requests of a process to the task contract, each hop of a redirect too: a document of the main frame must be one that may be
 * shown, anything else one that may be fetched. Costs one round trip inside the machine for each request.
 */
export async function guardOrigins(
  channel: CdpChannel,
  host: Pick<SessionHost, 'assertMayShow' | 'mayFetch' | 'httpCredentials'>,
  isMain: (frameId: string) => boolean,
  refused: (error: AppError, url: string) => void,
): Promise<void> {
  channel.on('Fetch.requestPaused', (event: Paused) => {
    const { requestId, request } = event;
    const document = event.resourceType === 'Document' && isMain(event.frameId);
    const error = refusal(host, request.url, document);
    // An aborted navigation leaves the page where it is; a blocked one would put an error page in its place.
    const done = error
      ? channel.send('Fetch.failRequest', {
          requestId,
          errorReason: document ? 'Aborted' : 'BlockedByClient',
        })
      : channel.send('Fetch.continueRequest', { requestId });
    done.catch(() => undefined);
    if (error && document) refused(error, request.url);
  });
  const asked = new Set<string>();
  channel.on('Fetch.authRequired', ({ requestId, authChallenge }: Challenged) => {
    // What the proxy asks is answered by whoever named the proxy.
    const answer =
      authChallenge.source === 'Proxy'
        ? Promise.resolve({ response: 'Default' })
        : asked.has(requestId)
          ? Promise.resolve({ response: 'CancelAuth' })
          : credentialsFor(host, authChallenge.origin);
    asked.add(requestId);
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

function refusal(
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
