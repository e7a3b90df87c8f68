import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';

import type { EgressRefusal } from '../../../shared/contracts/egress.ts';
import { canonicalHost, hostPort, type EgressTarget } from '../../../shared/policy/egress.ts';
import type { EgressPass, EgressRules } from './egress.ts';
import type { ReadUpstream } from './upstream.ts';

export interface EgressCaps {
  /** Sent and received by one run's browser. */
  readonly bytes: number;
  /** Open at once. */
  readonly connections: number;
}

/** After a server dropped an unanswered request, so long no new connection goes there: the browser would send the request again. */
const REPETITION_MS = 1_000;
const RECENT_MS = 30_000;
const MAX_REMEMBERED = 1_000;

/** What one run's browser may do at the proxy, and has done. */
export class RunPass implements EgressPass {
  readonly server: string;
  readonly username = randomBytes(12).toString('hex');
  readonly password = randomBytes(32).toString('base64url');
  readonly rules: EgressRules;
  readonly upstream: ReadUpstream | undefined;
  readonly #caps: EgressCaps;
  readonly #open = new Set<Duplex>();
  readonly #dropped = new Map<string, number>();
  readonly #refusals = new Map<string, { refusal: EgressRefusal; at: number }>();
  readonly #closers: (() => void)[] = [];
  #bytes = 0;
  #isClosed = false;

  constructor(
    server: string,
    rules: EgressRules,
    caps: EgressCaps,
    upstream: ReadUpstream | undefined,
  ) {
    this.server = server;
    this.rules = rules;
    this.#caps = caps;
    this.upstream = upstream;
  }

  accepts(password: string): boolean {
    const [given, own] = [Buffer.from(password), Buffer.from(this.password)];
    return given.length === own.length && timingSafeEqual(given, own);
  }

  /** The run still has its lease, and its browser. */
  get isLive(): boolean {
    return !this.#isClosed && this.rules.isLive;
  }

  /** Why this connection is not made, told to the rules as well. */
  refusal(target: EgressTarget): EgressRefusal | undefined {
    const { host, port } = target;
    const because = (reason: EgressRefusal['reason'], detail: string): EgressRefusal => ({
      host: host.slice(0, 260),
      port,
      reason,
      detail,
    });
    const refusal = !this.isLive
      ? because('lease', 'the lease of this run is over')
      : this.#bytes >= this.#caps.bytes
        ? because('bytes', `the run may send and receive ${this.#caps.bytes} bytes`)
        : this.#open.size >= this.#caps.connections
          ? because('connections', `the run may have ${this.#caps.connections} connections open`)
          : this.#isRepetition(target)
            ? because(
                'repetition',
                `${hostPort(target)} dropped a connection with a request unanswered; the browser may not repeat it by itself`,
              )
            : this.rules.refusal(target);
    if (refusal) this.refuse(refusal);
    return refusal;
  }

  refuse(refusal: EgressRefusal): void {
    if (this.#refusals.size >= MAX_REMEMBERED) this.#refusals.clear();
    this.#refusals.set(hostPort(refusal), { refusal, at: performance.now() });
    this.rules.refused(refusal);
  }

  lastRefusal(text: string): EgressRefusal | undefined {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const host = canonicalHost(url?.hostname ?? '');
    if (!url || host === undefined) return undefined;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const last = this.#refusals.get(hostPort({ host, port }));
    return last && performance.now() - last.at < RECENT_MS ? last.refusal : undefined;
  }

  /** Asked for each chunk, with its size: may it pass? */
  mayPass(bytes: number): boolean {
    this.#bytes += bytes;
    return this.isLive && this.#bytes <= this.#caps.bytes;
  }

  /** A connection of the run, cut with it; one that is only being made when the run ends as well. */
  hold(socket: Duplex): void {
    if (this.#isClosed) socket.destroy(new Error('the browser of this run is gone'));
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** The server ended a tunnel with a request unanswered. */
  dropped(target: EgressTarget): void {
    this.#dropped.set(hostPort(target), performance.now());
  }

  #isRepetition(target: EgressTarget): boolean {
    const at = this.#dropped.get(hostPort(target));
    if (at === undefined) return false;
    if (performance.now() - at < REPETITION_MS) return true;
    this.#dropped.delete(hostPort(target));
    return false;
  }

  onClose(work: () => void): void {
    this.#closers.push(work);
  }

  close(): void {
    this.#isClosed = true;
    for (const work of this.#closers.splice(0)) work();
    for (const socket of this.#open) socket.destroy();
  }
}
