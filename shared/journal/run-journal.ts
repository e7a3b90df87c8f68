import type { LogEntry, LogEvent } from '../contracts/log-entry.ts';
import type { Message } from '../contracts/message.ts';
import { logEntryPath, outboxEventPath, runPath } from '../contracts/paths.ts';
import { Run } from '../contracts/run.ts';
import type { OutboxEvent } from '../contracts/run-event.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { openedAs, type RunCipher, type RunVault } from '../audit/run-vault.ts';
import { GENESIS_HASH } from '../audit/seal-entry.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { applyEntry } from '../runs/run-machine.ts';
import { eventOf } from '../runs/run-events.ts';
import { messagesOf } from '../runs/run-messages.ts';
import type { Outlives, StateStore, Write } from '../state/state-store.ts';
import type { CommittedEntry, Telemetry } from '../telemetry/telemetry.ts';
import { forgetGiven } from './given-secrets.ts';

export interface JournalDeps {
  readonly store: StateStore;
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly vault: RunVault;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** Told of what was committed. */
  readonly telemetry?: Pick<Telemetry, 'entries'> | undefined;
}

interface Head {
  readonly run: Run;
  readonly version: string;
}

interface Sealed {
  readonly stored: StoredLogEntry;
  readonly entry: LogEntry;
}
type Appended = Sealed & CommittedEntry;

/** What to append, given the run as it is now; called again after a collision. An empty list appends nothing. */
type Decide = (run: Run) => readonly LogEvent[];

const MAX_REBASES = 12;

/**
 * The one way to change a run: each change is one batch that creates the next entries of the run's log, replaces its projection, notes
 * what others are to be told and carries `extra` writes; two writers cannot both create the same entry, so the loser reads again and rebases, or stops when its
 * lease is over. Messages that follow are published after the commit, before the call resolves; if that fails the sweeper wakes the run.
 */
export class RunJournal {
  readonly #deps: JournalDeps;
  readonly #actor: string;
  readonly #cipher: RunCipher | undefined;
  #head: Head;
  #leaseEpoch: number | undefined;
  #mask: (event: LogEvent) => LogEvent = (event) => event;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(deps: JournalDeps, actor: string, head: Head, cipher: RunCipher | undefined) {
    this.#deps = deps;
    this.#actor = actor;
    this.#cipher = cipher;
    this.#head = head;
  }

  /** Creates the run with its first entry. Errors: `already_exists` when that run id is taken. */
  static async create(
    deps: JournalDeps,
    actor: string,
    tenantId: string,
    runId: string,
    event: LogEvent,
  ): Promise<RunJournal> {
    const { cipher, write } = await deps.vault.create(tenantId, runId);
    const who = { tenantId, runId, actor, at: deps.clock.iso() };
    const { stored, entry } = seal(cipher, undefined, who, event);
    const run = applyEntry(undefined, entry);
    const path = runPath(tenantId, runId);
    const appended: Appended = { stored, before: undefined, run, entry };
    const toTell = outboxOf([appended]);
    const [, version = ''] = await deps.store
      .commit([
        { op: 'create', path: logEntryPath(tenantId, runId, 0), data: stored },
        { op: 'create', path, data: run },
        write,
        ...toTell,
      ])
      .catch((error: unknown) => {
        if (AppError.is(error, 'conflict'))
          throw new AppError('already_exists', `run ${runId} exists`, { cause: error });
        throw error;
      });
    const journal = new RunJournal(deps, actor, { run, version }, cipher);
    deps.telemetry?.entries([appended]);
    await journal.#publish(messagesAfter(run, [appended], toTell));
    return journal;
  }

  /** Errors: `not_found`; `newer_version` when a newer release wrote the run. */
  static async open(
    deps: JournalDeps,
    actor: string,
    tenantId: string,
    runId: string,
  ): Promise<RunJournal> {
    const [head, cipher] = await Promise.all([
      readHead(deps.store, tenantId, runId),
      deps.vault.cipher(deps.store, tenantId, runId),
    ]);
    return new RunJournal(deps, actor, head, cipher);
  }

  get run(): Run {
    return this.#head.run;
  }

  /** From now on every append is refused with `lease_lost` once the run belongs to another lease. */
  bindLease(leaseEpoch: number): void {
    this.#leaseEpoch = leaseEpoch;
  }

  /** From now on every event passes through this before it is sealed: what must not be in a log is taken out here. */
  maskWith(mask: (event: LogEvent) => LogEvent): void {
    this.#mask = mask;
  }

  async refresh(): Promise<Run> {
    return this.#inTurn(async () => {
      const { tenantId, runId } = this.run;
      this.#head = await readHead(this.#deps.store, tenantId, runId, this.#head);
      return this.run;
    });
  }

  /**
   * Appends what `decide` says, with `extra` in the same batch. A collision on the log or the run is rebased; a collision on an extra
   * write is the caller's: `conflict`. Errors besides: `lease_lost`, and those of the state machine and the store.
   */
  async append(
    decide: Decide,
    extra: (run: Run) => readonly Write[] = () => [],
    outlives: Outlives = 'machine',
  ): Promise<Run> {
    return this.#inTurn(() => this.#append(decide, extra, outlives));
  }

  async #append(
    decide: Decide,
    extra: (run: Run) => readonly Write[],
    outlives: Outlives,
  ): Promise<Run> {
    for (let attempt = 0; ; attempt += 1) {
      const { run: before, version } = this.#head;
      if (this.#leaseEpoch !== undefined && before.leaseEpoch !== this.#leaseEpoch)
        throw new AppError(
          'lease_lost',
          `run ${before.runId} now belongs to lease ${before.leaseEpoch}`,
        );
      const events = decide(before);
      if (events.length === 0) return before;
      const { run, entries } = this.#extend(before, events);
      const writes: Write[] = [
        ...entries.map(({ stored }): Write => ({
          op: 'create',
          path: logEntryPath(run.tenantId, run.runId, stored.seq),
          data: stored,
        })),
        { op: 'update', path: runPath(run.tenantId, run.runId), data: run, ifVersion: version },
      ];
      const toTell = outboxOf(entries);
      writes.push(...toTell, ...forgetGiven(before, run));
      try {
        const versions = await this.#deps.store.commit([...writes, ...extra(before)], outlives);
        this.#head = { run, version: versions[entries.length] ?? '' };
      } catch (error) {
        const own = new Set<unknown>(writes.map((write) => write.path));
        if (
          !AppError.is(error, 'conflict') ||
          !own.has(error.details?.['path']) ||
          attempt >= MAX_REBASES
        )
          throw error;
        this.#head = await readHead(this.#deps.store, before.tenantId, before.runId);
        continue;
      }
      this.#deps.telemetry?.entries(entries);
      await this.#publish(messagesAfter(run, entries, toTell));
      return run;
    }
  }

  #extend(before: Run, events: readonly LogEvent[]): { run: Run; entries: Appended[] } {
    const cipher = this.#cipher;
    if (!cipher)
      throw new AppError(
        'conflict',
        before.erasedAt === undefined
          ? `the key of run ${before.runId} is gone: nothing can be added to its log`
          : `run ${before.runId} was erased at ${before.erasedAt}`,
      );
    const at = this.#deps.clock.iso();
    let run = before;
    const entries: Appended[] = [];
    for (const event of events) {
      const who = { tenantId: run.tenantId, runId: run.runId, actor: this.#actor, at };
      const sealed = seal(cipher, run, who, this.#mask(event));
      const after = applyEntry(run, sealed.entry);
      entries.push({ ...sealed, before: run, run: after });
      run = after;
    }
    return { run, entries };
  }

  async #publish(messages: readonly Message[]): Promise<void> {
    // At once: where the bus is away, whoever waits here waits for one time-out and not for their sum.
    await Promise.all(messages.map(async (message) => this.#publishOne(message)));
  }

  async #publishOne(message: Message): Promise<void> {
    await this.#deps.bus.publish(message).catch((error: unknown) => {
      // What was committed stands: executors look for ready runs, and the sweeper asks again.
      const { runId, type } = message;
      this.#deps.log.warn('a message was not published', {
        runId,
        type,
        error: AppError.from(error).message,
      });
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** Each event that follows from the entries, to be told by whoever finds it. */
function outboxOf(entries: readonly Appended[]): Write[] {
  return entries.flatMap(({ before, run, entry }): Write[] => {
    const event = eventOf(before, run, entry);
    if (!event) return [];
    const { tenantId, runId, seq, at } = entry;
    const data: OutboxEvent = { schemaVersion: 1, tenantId, runId, at, event };
    return [{ op: 'create', path: outboxEventPath(tenantId, runId, seq), data }];
  });
}

function messagesAfter(
  run: Run,
  entries: readonly Appended[],
  toTell: readonly Write[],
): readonly Message[] {
  const { tenantId, runId } = run;
  const messages = entries.flatMap(({ entry }) => messagesOf(run, entry.event));
  return toTell.length === 0
    ? messages
    : [...messages, { type: 'run.changed', schemaVersion: 1, tenantId, runId }];
}

function seal(
  cipher: RunCipher,
  before: Run | undefined,
  who: Pick<LogEntry, 'tenantId' | 'runId' | 'actor' | 'at'>,
  event: LogEvent,
): Sealed {
  const seq = before ? before.seq + 1 : 0;
  const stored = cipher.seal({ ...who, seq, prevHash: before?.headHash ?? GENESIS_HASH }, event);
  return { stored, entry: openedAs(stored, event) };
}

async function readHead(
  store: StateStore,
  tenantId: string,
  runId: string,
  known?: Head,
): Promise<Head> {
  const document = await store.get(runPath(tenantId, runId));
  if (!document)
    throw new AppError('not_found', `there is no run ${runId}; \`rodex runs\` lists what there is`);
  if (known && known.version === document.version) return known;
  const version = document.data['schemaVersion'];
  if (typeof version === 'number' && version > 1)
    throw new AppError(
      'newer_version',
      `run ${runId} was written by a newer release (schema ${version}); upgrade this one`,
    );
  const parsed = Run.safeParse(document.data);
  if (!parsed.success)
    throw new AppError(
      'store_corrupt',
      `the stored run ${runId} does not satisfy its contract; \`rodex audit verify\` names what was changed`,
      {
        cause: parsed.error,
      },
    );
  return { run: parsed.data, version: document.version };
}
