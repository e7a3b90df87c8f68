import type { EgressRefusal } from '../../../shared/contracts/egress.ts';
import type { EgressTarget } from '../../../shared/policy/egress.ts';

/** The proxy's own answers to plain HTTP carry it, and nobody else's: the browser takes such an answer for one of the site. */
export const NO_ANSWER_HEADER = 'rodex-egress';

export interface ProxyAnswer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the proxy answered for a site, if it did. Under TLS it answers nothing, so a site that says so there is not believed. */
export function proxyAnswered({ url, headers }: ProxyAnswer): string | undefined {
  return /^http:/i.test(url) ? headers[NO_ANSWER_HEADER] : undefined;
}

/** What the proxy asks about one run. */
export interface EgressRules {
  /** False once the lease may be somebody else's; asked for each chunk. */
  readonly isLive: boolean;
  /** Why nothing of this run may go there; decided before the name is looked up. */
  refusal(target: EgressTarget): EgressRefusal | undefined;
  /** True where the deployment opened this host and port although its address is private. */
  opensPrivate(host: string, port: number): boolean;
  /** Told of everything that did not leave. */
  refused(refusal: EgressRefusal): void;
}

/** One run's way out: the proxy as its browser context must name it, with credentials that are this run's alone. */
export interface EgressPass {
  readonly server: string;
  readonly username: string;
  readonly password: string;
  /** Why a connection to this URL was refused a moment ago. */
  lastRefusal(url: string): EgressRefusal | undefined;
  /** Cuts every connection of the run; the credentials are void. */
  close(): void;
}

/** Another proxy that a run goes out through, behind this one. */
export interface Upstream {
  /** `http://`, `https://` or `socks5://` with host and port. */
  readonly server: string;
  readonly login?: { readonly username: string; readonly password: string };
}

/** The browser's only network. */
export interface Egress {
  /** For what belongs to no run: everything is refused there without credentials. */
  readonly server: string;
  admit(rules: EgressRules, upstream?: Upstream): EgressPass;
  close(): Promise<void>;
}
