import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';

interface Paused {
  requestId: string;
  frameId: string;
  resourceType: string;
  request: { url: string };
}

/**
 * Holds requests of a process to the task contract, each hop of a redirect too: a document of the main frame must be one that may be
 * shown, anything else one that may be fetched. Costs one round trip inside the machine for each request.
 */
export async function guardOrigins(
  channel: CdpChannel,
  host: Pick<SessionHost, 'assertMayShow' | 'mayFetch'>,
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
  await channel.send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Request' }] });
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
