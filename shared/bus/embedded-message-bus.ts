import { DatabaseSync } from 'node:sqlite';

import type { Message } from '../contracts/message.ts';
import { TOPIC_OF } from '../contracts/message.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { randomId } from '../core/ids.ts';
import { machineBootId, machineClock } from '../core/machine-clock.ts';
import { createPrivately, prepareConnection, sqliteError, whenFree } from '../core/sqlite-file.ts';
import type { SqliteFile } from '../core/sqlite-file.ts';
import { messagesOnly, type Backoff } from './delivery-rules.ts';
import { EmbeddedDeliveries } from './embedded-deliveries.ts';
import { EmbeddedSubscription } from './embedded-subscription.ts';
import type {
  DeadLetter,
  Letter,
  LetterHandler,
  MessageBus,
  MessageHandler,
  ReceiveOptions,
  SubscribeOptions,
  Subscription,
} from './message-bus.ts';

export interface EmbeddedMessageBusOptions {
  /** Created, for this user alone, when it does not exist. */
  readonly file: string;
  /** Its `monotonicMs` must agree among all processes on the file; the machine's clock unless told. */
  readonly clock?: Clock;
  /** Names the start of the machine that the clock counts from. */
  readonly bootId?: string;
  /** Subscriptions that exist from now on, so that what is published before they are first used is kept. */
  readonly subscriptions?: readonly { readonly topic: string; readonly subscription: string }[];
  /** Waiting before a redelivery: doubles from `minMs` to `maxMs`, with jitter. */
  readonly backoff?: Backoff;
}

const SCHEMA = `
  CREATE TABLE subscriptions (name TEXT PRIMARY KEY, topic TEXT NOT NULL) STRICT;
  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL,
    claims INTEGER NOT NULL DEFAULT 0, deferrals INTEGER NOT NULL DEFAULT 0,
    visible_ms REAL NOT NULL DEFAULT 0, boot_id TEXT NOT NULL, attributes TEXT NOT NULL DEFAULT '{}'
  ) STRICT;
  CREATE INDEX deliveries_due ON deliveries (subscription, visible_ms, id);
  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, message_id TEXT NOT NULL, reason TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_by_subscription ON dead_letters (subscription, id);
`;
const UPGRADES = { 1: `ALTER TABLE deliveries ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}'` };
const BUSY_TIMEOUT_MS = 5;
const QUICK_MS = 5;
const SLOW_MS = 25;
const DEFAULT_BACKOFF: Backoff = { minMs: 200, maxMs: 60_000 };

/** Messages in one SQLite file; any number of processes of one machine may have it open. */
export function openEmbeddedMessageBus(options: EmbeddedMessageBusOptions): MessageBus {
  return new EmbeddedMessageBus(options);
}

class EmbeddedMessageBus implements MessageBus {
  /** Publishing waits for the disk. */
  private readonly db: DatabaseSync;
  /** Claims and acknowledgements do not (NORMAL): what a power cut takes back is delivered again. */
  private readonly work: DatabaseSync;
  private readonly deliveries: EmbeddedDeliveries;
  private readonly clock: Clock;
  private readonly file: SqliteFile;
  private readonly bootId: string;
  private readonly backoff: Backoff;
  private readonly open = new Set<EmbeddedSubscription>();
  private timer: NodeJS.Timeout | undefined;
  private pollMs = QUICK_MS;
  private dataVersion = -1;
  private closed = false;

  constructor(options: EmbeddedMessageBusOptions) {
    this.clock = options.clock ?? machineClock;
    this.bootId = options.bootId ?? machineBootId();
    this.backoff = options.backoff ?? DEFAULT_BACKOFF;
    this.file = {
      file: options.file,
      what: 'message bus',
      unavailable: 'bus_unavailable',
      applicationId: 0x726f6402,
      schemaVersion: 2,
      schema: SCHEMA,
      upgrades: UPGRADES,
    };
    const opened: DatabaseSync[] = [];
    const connect = (): DatabaseSync => {
      const db = new DatabaseSync(options.file, { timeout: BUSY_TIMEOUT_MS });
      opened.push(db);
      prepareConnection(db, this.file);
      // Kept over a killed process, not over a power cut: messages only wake, and what is lost is found by looking.
      db.exec('PRAGMA synchronous = NORMAL');
      return db;
    };
    try {
      createPrivately(options.file);
      this.db = connect();
      this.work = connect();
      this.deliveries = new EmbeddedDeliveries(this.work, this.clock, this.bootId);
    } catch (error) {
      for (const db of opened) db.close();
      throw sqliteError(error, this.file);
    }
    this.db.exec('PRAGMA busy_timeout = 5000');
    for (const { subscription, topic } of options.subscriptions ?? []) {
      this.nameSubscription(subscription, topic);
    }
    this.db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }

  async publish(message: Message): Promise<string> {
    const topic = TOPIC_OF[message.type] as string | undefined;
    if (topic === undefined) {
      throw new AppError('invalid_message', `no topic for messages of type "${message.type}"`);
    }
    return this.send({ topic, body: JSON.stringify(message), attributes: {} });
  }

  async send({ topic, body, attributes }: Letter): Promise<string> {
    const messageId = randomId('msg');
    const carried = JSON.stringify(attributes);
    await this.guarded(() => this.insert.run(messageId, body, this.bootId, carried, topic));
    for (const subscription of this.open) if (subscription.topic === topic) subscription.pump();
    return messageId;
  }

  async subscribe(options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    return this.receive(options, messagesOnly(handler));
  }

  async receive(options: ReceiveOptions, handler: LetterHandler): Promise<Subscription> {
    await this.guarded(() => this.nameSubscription(options.subscription, options.topic));
    const subscription = new EmbeddedSubscription({
      options,
      handler,
      deliveries: this.deliveries,
      clock: this.clock,
      backoff: this.backoff,
      onClose: (closed) => {
        this.open.delete(closed);
        if (this.open.size === 0) this.stopPolling();
      },
    });
    this.open.add(subscription);
    this.schedulePoll();
    subscription.pump();
    return subscription;
  }

  async deadLetters(subscription: string): Promise<readonly DeadLetter[]> {
    const rows = await this.guarded(() =>
      this.db
        .prepare(
          'SELECT message_id AS messageId, subscription, reason, body FROM dead_letters WHERE subscription = ? ORDER BY id',
        )
        .all(subscription),
    );
    return rows.map((row) => ({ ...row }) as unknown as DeadLetter);
  }

  async setAside({ subscription, messageId, reason, body }: DeadLetter): Promise<void> {
    await this.guarded(() =>
      this.db
        .prepare(
          'INSERT INTO dead_letters (subscription, message_id, reason, body) VALUES (?, ?, ?, ?)',
        )
        .run(subscription, messageId, reason, body),
    );
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.open].map((subscription) => subscription.close()));
    this.stopPolling();
    this.work.close();
    this.db.close();
  }

  private get insert(): ReturnType<DatabaseSync['prepare']> {
    this.insertStatement ??= this.db.prepare(
      'INSERT INTO deliveries (subscription, message_id, body, boot_id, attributes) SELECT name, ?, ?, ?, ? FROM subscriptions WHERE topic = ?',
    );
    return this.insertStatement;
  }
  private insertStatement: ReturnType<DatabaseSync['prepare']> | undefined;

  private nameSubscription(name: string, topic: string): void {
    this.db
      .prepare('INSERT INTO subscriptions (name, topic) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(name, topic);
    const known = this.db.prepare('SELECT topic FROM subscriptions WHERE name = ?').get(name);
    if (known?.['topic'] === topic) return;
    throw new AppError(
      'invalid_config',
      `the subscription ${name} belongs to the topic ${String(known?.['topic'])}, not ${topic}`,
    );
  }

  /** Other processes' publishes, nacks and acknowledgements change data_version; this process's are known at once. */
  private schedulePoll(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const version = this.deliveries.dataVersion();
      const changed = version === undefined || version !== this.dataVersion;
      this.pollMs = changed ? QUICK_MS : Math.min(this.pollMs * 1.1, SLOW_MS);
      this.dataVersion = version ?? -1;
      if (changed) for (const subscription of this.open) subscription.pump();
      if (this.open.size > 0) this.schedulePoll();
    }, this.pollMs);
  }

  private stopPolling(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async guarded<T>(unit: () => T): Promise<T> {
    try {
      return await whenFree(this.clock, () => {
        if (this.closed) throw new AppError('bus_unavailable', 'the message bus was closed');
        return unit();
      });
    } catch (error) {
      throw sqliteError(error, this.file);
    }
  }
}
