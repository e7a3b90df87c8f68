import type { LogEntry, LogEvent } from '../contracts/log-entry.ts';
import type { Message } from '../contracts/message.ts';
import { logEntryPath, runPath } from '../contracts/paths.ts';
import { Run } from '../contracts/run.ts';
import { GENESIS_HASH, sealEntry } from '../audit/log-chain.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { applyEntry, messagesOf } from '../runs/run-machine.ts';
import type { StateStore, Write } from '../state/state-store.ts';

export interface JournalDeps {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

interface Head {
  readonly run: Run;
  readonly version: string;
}

/** What to append, given the run as it is now; called again after a collision. An empty list appends nothing. */
type Decide = (run: Run) => readonly LogEvent[];

const MAX_REBASES = 12;

/**
 * The one way to change a run: each change is one batch that creates the next entries of the run's log, replaces its projection and
 * carries `extra` writes; two writers cannot both create the same entry, so the loser reads again and rebases, or stops when its
 * lease is over. Messages that follow are published after the commit, before the call resolves; if that fails the sweeper wakes the run.
 */
export class RunJournal {
  readonly #deps: JournalDeps;
  readonly #actor: string;
  #head: Head;
  #leaseEpoch: number | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(deps: JournalDeps, actor: string, head: Head) {
    this.#deps = deps;
    this.#actor = actor;
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
    const entry = seal(undefined, { tenantId, runId, actor, at: deps.clock.iso() }, event);
    const run = applyEntry(undefined, entry);
    const path = runPath(tenantId, runId);
    const [, version = ''] = await deps.store
      .commit([
        { op: 'create', path: logEntryPath(tenantId, runId, 0), data: entry },
        { op: 'create', path, data: run },
      ])
      .catch((error: unknown) => {
        if (AppError.is(error, 'conflict'))
          throw new AppError('already_exists', `run ${runId} exists`, { cause: error });
        throw error;
      });
    const journal = new RunJournal(deps, actor, { run, version });
    await journal.#publish(messagesOf(run, event));
    return journal;
  }

  /** Errors: `not_found`; `newer_version` when a newer release wrote the run. */
  static async open(
    deps: JournalDeps,
    actor: string,
    tenantId: string,
    runId: string,
  ): Promise<RunJournal> {
    return new RunJournal(deps, actor, await readHead(deps.store, tenantId, runId));
  }

  get run(): Run {
    return this.#head.run;
  }

  /** From now on every append is refused with `lease_lost` once the run belongs to another lease. */
  bindLease(leaseEpoch: number): void {
    this.#leaseEpoch = leaseEpoch;
  }

  async refresh(): Promise<Run> {
    return this.#inTurn(async () => {
      this.#head = await readHead(this.#deps.store, this.run.tenantId, this.run.runId);
      return this.run;
    });
  }

  /**
   * Appends what `decide` says, with `extra` in the same batch. A collision on the log or the run is rebased; a collision on an extra
   * write is the caller's: `conflict`. Errors besides: `lease_lost`, and those of the state machine and the store.
   */
  async append(decide: Decide, extra: (run: Run) => readonly Write[] = () => []): Promise<Run> {
    return this.#inTurn(() => this.#append(decide, extra));
  }

  async #append(decide: Decide, extra: (run: Run) => readonly Write[]): Promise<Run> {
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
        ...entries.map((entry): Write => ({
          op: 'create',
          path: logEntryPath(run.tenantId, run.runId, entry.seq),
          data: entry,
        })),
        { op: 'update', path: runPath(run.tenantId, run.runId), data: run, ifVersion: version },
      ];
      try {
        const versions = await this.#deps.store.commit([...writes, ...extra(before)]);
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
      await this.#publish(entries.flatMap((entry) => messagesOf(run, entry.event)));
      return run;
    }
  }

  #extend(before: Run, events: readonly LogEvent[]): { run: Run; entries: LogEntry[] } {
    const at = this.#deps.clock.iso();
    let run = before;
    const entries: LogEntry[] = [];
    for (const event of events) {
      const entry = seal(
        run,
        { tenantId: run.tenantId, runId: run.runId, actor: this.#actor, at },
        event,
      );
      run = applyEntry(run, entry);
      entries.push(entry);
    }
    return { run, entries };
  }

  async #publish(messages: readonly Message[]): Promise<void> {
    for (const message of messages)
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

function seal(
  before: Run | undefined,
  who: Pick<LogEntry, 'tenantId' | 'runId' | 'actor' | 'at'>,
  event: LogEvent,
): LogEntry {
  return sealEntry({
    ...who,
    seq: before ? before.seq + 1 : 0,
    event,
    prevHash: before?.headHash ?? GENESIS_HASH,
  });
}

async function readHead(store: StateStore, tenantId: string, runId: string): Promise<Head> {
  const document = await store.get(runPath(tenantId, runId));
  if (!document)
    throw new AppError('not_found', `there is no run ${runId}; \`rodex runs\` lists what there is`);
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
