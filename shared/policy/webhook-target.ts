import { AppError } from '../core/errors.ts';
import { judgeAddress } from './addresses.ts';
import {
  canonicalHost,
  hostPort,
  isLocalName,
  isUsualPort,
  METADATA_NAMES,
  readPrivateHosts,
  refuseAddresses,
} from './egress.ts';

export interface WebhookTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Its address may be private: whoever runs the platform opened it. */
  readonly opened: boolean;
}

/** What a webhook's URL leads to. Errors: `invalid_request`, `origin_refused`, in words that tell nothing of the network behind. */
export type WebhookRule = (url: string, tenantHosts: readonly string[]) => WebhookTarget;

const refused = (message: string): AppError => new AppError('origin_refused', `url: ${message}`);

/**
 * Where webhooks may go: https at a public address, and what is opened by exact host and port: the deployment's list, the tenant's (which
 * an admin of the platform sets), and, where whoever makes a webhook owns the machine, addresses and `localhost` as its URL itself names them.
 * Throws `invalid_config` naming the entry of the list.
 */
export function webhookRule(listed: readonly string[], mayName: boolean): WebhookRule {
  const always = readPrivateHosts(listed);
  return (text, tenantHosts) => {
    const url = new URL(text);
    if (url.username !== '' || url.password !== '' || url.hash !== '')
      throw new AppError('invalid_request', 'url: without user, password and fragment');
    const host = canonicalHost(url.hostname) ?? '';
    const secure = url.protocol === 'https:';
    const port = Number(url.port || (secure ? 443 : 80));
    const isAddress = judgeAddress(host).range !== 'no address';
    const named = isLocalName(host) || judgeAddress(host).kind === 'private';
    const opened =
      [...always, ...tenantHosts].includes(hostPort({ host, port })) || (mayName && named);
    if (METADATA_NAMES.has(host)) throw refused('that is a metadata service');
    if (isLocalName(host) && !opened) throw refused('its address is not public');
    if (isAddress && refuseAddresses({ host, port }, [host], opened))
      throw refused('its address is not public');
    if (!secure && !opened)
      throw refused(
        'webhooks go over https; http only where the platform opened that host and port',
      );
    if (!isUsualPort(port)) throw refused(`port ${port} is not one that web sites use`);
    return { host, port, secure, opened };
  };
}
