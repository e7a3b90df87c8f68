import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { Clock } from '../core/clock.ts';
import { isBusy } from '../core/sqlite-file.ts';

export interface Claimed {
  readonly id: number;
  readonly messageId: string;
  readonly body: string;
  /** As JSON. */
  readonly attributes: string;
  /** Times that the row was claimed: the token of this claim. */
  readonly claims: number;
  /** Refusals that do not count as attempts. */
  readonly deferrals: number;
}

/**
 * Rows of one delivery per message and subscription. A row is free when `visible_ms` has come; claiming moves it into the
 * future, so a holder that dies gives it back by doing nothing. `claims` is the claim's token: an answer to an older claim
 * changes nothing. Methods throw SQLite's "busy" without effect.
 */
export class EmbeddedDeliveries {
  private readonly db: DatabaseSync;
  private readonly clock: Clock;
  private readonly statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, clock: Clock, bootId: string) {
    this.db = db;
    this.clock = clock;
    // Readings of a clock that is gone: nobody holds these any more.
    this.run(
      'UPDATE deliveries SET visible_ms = 0, boot_id = ? WHERE boot_id <> ?',
      bootId,
      bootId,
    );
  }

  claim(subscription: string, limit: number, leaseMs: number): readonly Claimed[] {
    const now = this.clock.monotonicMs();
    // Reading first keeps idle polls from taking the write lock.
    if (this.nextDueMs(subscription) === undefined) return [];
    const rows = this.statement(
      `UPDATE deliveries SET claims = claims + 1, visible_ms = ? WHERE id IN (
         SELECT id FROM deliveries WHERE subscription = ? AND visible_ms <= ? ORDER BY visible_ms, id LIMIT ?
       ) RETURNING id, message_id AS messageId, body, attributes, claims, deferrals`,
    ).all(now + leaseMs, subscription, now, limit) as unknown as Claimed[];
    return rows.toSorted((a, b) => a.id - b.id);
  }

  /** When the next row is free, by the clock; undefined when there is none. */
  nextDueMs(subscription: string): number | undefined {
    const row = this.statement(
      'SELECT visible_ms AS ms FROM deliveries WHERE subscription = ? ORDER BY visible_ms LIMIT 1',
    ).get(subscription) as { ms: number } | undefined;
    return row?.ms;
  }

  extend(held: Iterable<Claimed>, leaseMs: number): void {
    const until = this.clock.monotonicMs() + leaseMs;
    this.together(() => {
      for (const { id, claims } of held) {
        this.run(
          'UPDATE deliveries SET visible_ms = ? WHERE id = ? AND claims = ?',
          until,
          id,
          claims,
        );
      }
    });
  }

  ack({ id, claims }: Claimed): void {
    this.run('DELETE FROM deliveries WHERE id = ? AND claims = ?', id, claims);
  }

  nack({ id, claims }: Claimed, delayMs: number, counted: boolean): void {
    this.run(
      'UPDATE deliveries SET visible_ms = ?, deferrals = deferrals + ? WHERE id = ? AND claims = ?',
      this.clock.monotonicMs() + delayMs,
      counted ? 0 : 1,
      id,
      claims,
    );
  }

  deadLetter({ id, claims }: Claimed, reason: string): void {
    this.together(() => {
      this.run(
        'INSERT INTO dead_letters (subscription, message_id, reason, body) SELECT subscription, message_id, ?, body FROM deliveries WHERE id = ? AND claims = ?',
        reason,
        id,
        claims,
      );
      this.run('DELETE FROM deliveries WHERE id = ? AND claims = ?', id, claims);
    });
  }

  /** Undefined when the file is busy. */
  dataVersion(): number | undefined {
    try {
      return (this.statement('PRAGMA data_version').get() as { data_version: number }).data_version;
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  private together(unit: () => void): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      unit();
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private run(text: string, ...values: (string | number)[]): void {
    this.statement(text).run(...values);
  }

  private statement(text: string): StatementSync {
    let statement = this.statements.get(text);
    if (!statement) {
      statement = this.db.prepare(text);
      this.statements.set(text, statement);
    }
    return statement;
  }
}
