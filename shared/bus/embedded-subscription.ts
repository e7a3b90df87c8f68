import type { Clock } from '../core/clock.ts';
import { isBusy, whenFree } from '../core/sqlite-file.ts';
import type { Backoff, Verdict } from './delivery-rules.ts';
import { backoffMs, DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, verdictOf } from './delivery-rules.ts';
import type { Claimed, EmbeddedDeliveries } from './embedded-deliveries.ts';
import type { LetterHandler, ReceiveOptions, Subscription } from './message-bus.ts';

interface Parts {
  readonly options: ReceiveOptions;
  readonly handler: LetterHandler;
  readonly deliveries: EmbeddedDeliveries;
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly onClose: (subscription: EmbeddedSubscription) => void;
}

/** How soon to ask again when another process holds the file. */
const BUSY_PAUSE_MS = 3;

/** One subscriber: takes free messages up to `maxInFlight`, keeps their leases, settles them. */
export class EmbeddedSubscription implements Subscription {
  readonly topic: string;
  private readonly parts: Parts;
  private readonly leaseMs: number;
  private readonly maxAttempts: number;
  private readonly inFlight = new Map<Claimed, Promise<void>>();
  /** Not settled yet. */
  private readonly held = new Set<Claimed>();
  private readonly ended = new AbortController();
  private sleeping = new AbortController();
  private extending = false;

  constructor(parts: Parts) {
    this.parts = parts;
    this.topic = parts.options.topic;
    this.leaseMs = parts.options.leaseMs ?? DEFAULT_LEASE_MS;
    this.maxAttempts = parts.options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  }

  /** Takes what is free now and arranges to be called when more comes due. Cheap to call too often. */
  pump(): void {
    const { deliveries, options, clock } = this.parts;
    const room = options.maxInFlight - this.inFlight.size;
    if (this.ended.signal.aborted || room <= 0) return;
    try {
      const claimed = deliveries.claim(options.subscription, room, this.leaseMs);
      for (const claim of claimed) this.start(claim);
      if (claimed.length === room) return;
      const due = deliveries.nextDueMs(options.subscription);
      if (due !== undefined) this.wakeIn(due - clock.monotonicMs());
    } catch (error) {
      // Nothing was claimed. A failing disk is reported by those who publish; here it only means later.
      this.wakeIn(isBusy(error) ? BUSY_PAUSE_MS * (1 + Math.random()) : 1_000);
    }
  }

  async close(): Promise<void> {
    this.ended.abort();
    this.sleeping.abort();
    await Promise.all(this.inFlight.values());
    this.parts.onClose(this);
  }

  private wakeIn(ms: number): void {
    this.sleeping.abort();
    this.sleeping = new AbortController();
    this.parts.clock.sleep(Math.max(ms, 1), this.sleeping.signal).then(
      () => this.pump(),
      () => undefined,
    );
  }

  private start(claim: Claimed): void {
    const settled = this.handle(claim).finally(() => {
      this.inFlight.delete(claim);
      this.held.delete(claim);
      this.pump();
    });
    this.held.add(claim);
    this.inFlight.set(claim, settled);
    void this.keepLeases();
  }

  private async handle(claim: Claimed): Promise<void> {
    const verdict = await this.verdictOn(claim);
    try {
      await whenFree(this.parts.clock, () => this.settle(claim, verdict));
    } catch {
      // Could not be written: the lease runs out and the message is delivered again.
    }
  }

  private async verdictOn(claim: Claimed): Promise<Verdict> {
    const attempt = claim.claims - claim.deferrals;
    if (attempt > this.maxAttempts) {
      const reason = `after ${attempt - 1} attempts: its handlers ended without an answer`;
      return { kind: 'dead-letter', reason };
    }
    try {
      const { signal } = this.ended;
      const { body, messageId } = claim;
      const attributes = JSON.parse(claim.attributes) as Record<string, string>;
      const letter = { subscription: this.parts.options.subscription, body, attributes };
      await this.parts.handler(letter, { messageId, attempt, signal });
      return { kind: 'ack' };
    } catch (error) {
      return verdictOf(error, attempt, this.maxAttempts);
    }
  }

  private settle(claim: Claimed, verdict: Verdict): void {
    const { deliveries, backoff } = this.parts;
    if (verdict.kind === 'ack') deliveries.ack(claim);
    else if (verdict.kind === 'dead-letter') deliveries.deadLetter(claim, verdict.reason);
    else deliveries.nack(claim, backoffMs(backoff, claim.claims), verdict.counted);
    // In the same moment: extended after it was given back, it would be kept from everybody for a whole lease.
    this.held.delete(claim);
  }

  /** Extends the leases of handlers that run, also while closing, every third of a lease. */
  private async keepLeases(): Promise<void> {
    if (this.extending) return;
    this.extending = true;
    const { clock, deliveries } = this.parts;
    while (this.inFlight.size > 0) {
      const idle = new AbortController();
      const beat = clock.sleep(this.leaseMs / 3, idle.signal).catch(() => undefined);
      await Promise.race([beat, Promise.all(this.inFlight.values())]);
      idle.abort();
      if (this.inFlight.size === 0) break;
      try {
        deliveries.extend(this.held, this.leaseMs);
      } catch {
        // Busy or failing: the next beat comes before the lease runs out.
      }
    }
    this.extending = false;
  }
}
