import { getDomain } from 'tldts';

import type { HostRule, TaskContract } from '../contracts/task-contract.ts';
import { AppError } from '../core/errors.ts';

/** Names under which everybody can have a site are no site of their own: shared hosting counts as a public suffix. */
const PUBLIC_SUFFIXES = { allowPrivateDomains: true };

/** The site of a URL: scheme and registrable domain, or the host where there is none (an address, `localhost`). Undefined for no http(s) URL. */
export function siteOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  return `${protocol}//${getDomain(hostname, PUBLIC_SUFFIXES) ?? hostname}`;
}

/** Throws `invalid_request` when a suffix stands for more than one registrable domain. */
export function checkSuffix(field: string, rule: HostRule): void {
  if (typeof rule === 'string' || getDomain(rule.suffix, PUBLIC_SUFFIXES) !== null) return;
  throw new AppError(
    'invalid_request',
    `${field}: anybody can have a site under "${rule.suffix}"; name a registrable domain such as example.com, or exact origins`,
  );
}

/** True when everything that `asked` allows is allowed by `rule`. */
export function covers(rule: HostRule, asked: HostRule): boolean {
  if (typeof asked === 'string') return matches(rule, new URL(asked));
  return (
    typeof rule !== 'string' &&
    (asked.suffix === rule.suffix || asked.suffix.endsWith(`.${rule.suffix}`))
  );
}

function matches(rule: HostRule, url: URL): boolean {
  if (typeof rule === 'string') return url.origin === rule;
  return (
    url.protocol === 'https:' &&
    url.port === '' &&
    (url.hostname === rule.suffix || url.hostname.endsWith(`.${rule.suffix}`))
  );
}

function parse(text: string): URL {
  if (!URL.canParse(text))
    throw new AppError('origin_refused', `"${text.slice(0, 200)}" is not an absolute URL`);
  return new URL(text);
}

/** Throws `scheme_refused` or `origin_refused` (naming what to add) when a document at `text` may not be shown in a tab. */
export function assertMayShow(contract: TaskContract, text: string): void {
  const url = parse(text);
  if (text === 'about:blank') return;
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new AppError(
      'scheme_refused',
      `${url.protocol} documents are never opened; only http and https are`,
    );
  if (url.username !== '' || url.password !== '')
    throw new AppError(
      'origin_refused',
      'a URL with a user name or password in it is never opened; store the credential as a secret',
    );
  if (contract.navigate.some((rule) => matches(rule, url))) return;
  throw new AppError(
    'origin_refused',
    `${url.origin} is not allowed by the task contract; add it to contract.navigate if it should be`,
    {
      details: { origin: url.origin },
    },
  );
}

/** True when a sub-resource or frame may come from `text`: hosts of the contract's `navigate` and `resources`. */
export function mayFetch(contract: TaskContract, text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.protocol === 'data:' || url.protocol === 'blob:' || url.protocol === 'about:')
    return true;
  const asHttp =
    url.protocol === 'wss:' ? 'https:' : url.protocol === 'ws:' ? 'http:' : url.protocol;
  const plain = asHttp === url.protocol ? url : new URL(text.replace(/^wss?:/i, asHttp));
  return [...contract.navigate, ...contract.resources].some((rule) => matches(rule, plain));
}

/** True when documents of that origin may be shown: not one that only resources may come from. */
export function mayShow(contract: TaskContract, origin: string): boolean {
  return URL.canParse(origin) && contract.navigate.some((rule) => matches(rule, new URL(origin)));
}
