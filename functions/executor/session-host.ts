import { randomBytes } from 'node:crypto';

import type { EgressRefusal } from '../../shared/contracts/egress.ts';
import type { Artifact } from '../../shared/contracts/outcome.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { keyedDigestOf } from '../../shared/core/digest.ts';
import { AppError } from '../../shared/core/errors.ts';
import { readGiven } from '../../shared/journal/given-secrets.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { hostPort, refuseTarget, type EgressTarget } from '../../shared/policy/egress.ts';
import { maskJson } from '../../shared/policy/masking.ts';
import { assertMayShow, mayFetch } from '../../shared/policy/origins.ts';
import { valueIn } from '../../shared/policy/outbound-scan.ts';
import { MAX_ARTIFACT_BYTES, type SessionHost } from './browser-session.ts';
import { STATE_PREFIX } from '../../shared/contracts/paths.ts';
import type { ExecutorDeps } from './deps.ts';
import { RefusalLog } from './egress/refusal-log.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { LogInLimits } from './log-in-limits.ts';
import { RunLogins, type Login } from './logins.ts';
import { placeholdersIn, resolvePlaceholders } from './placeholders.ts';
import { RunSecrets, type Into } from './run-secrets.ts';
import { storageFull, storageRoom } from './storage-room.ts';
import { saltOf } from './value-salt.ts';

const MAX_ARTIFACTS = 500;

function safeName(suggested: string, taken: ReadonlySet<string>): string {
  const plain = suggested
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._ -]+/gu, '_')
    .replace(/^[.\s]+/u, '')
    .slice(-120)
    .trim();
  const name = plain === '' ? 'file' : plain;
  if (!taken.has(name)) return name;
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let number = 2; ; number += 1)
    if (!taken.has(`${stem}-${number}${ending}`)) return `${stem}-${number}${ending}`;
}

/** Fields of log entries that hold words of ours: a secret that is such a word is no reason to change them. */
const STRUCTURE: ReadonlySet<string> = new Set(
  'type status action effect verdict by code kind source method level reason stepId requestId holder op transport'.split(
    ' ',
  ),
);

/** What the executor does for the hands of one run: origin policy, secrets at the last moment, artifacts. */
export class RunHost implements SessionHost {
  readonly #deps: ExecutorDeps;
  readonly #journal: RunJournal;
  readonly #lease: Pick<LeaseKeeper, 'leaseEpoch' | 'isLive'>;
  readonly #names = new Set<string>();
  readonly #privateHosts: ReadonlySet<string>;
  readonly #refusals: RefusalLog;
  #salt: Uint8Array = randomBytes(32);
  readonly #secrets: RunSecrets;
  readonly #logins: RunLogins;
  readonly logIns: LogInLimits;
  #saving: Promise<unknown> = Promise.resolve();
  /** Of artifacts, by this ownership and those before it. */
  #storedBytes = 0;

  constructor(
    deps: ExecutorDeps,
    journal: RunJournal,
    lease: Pick<LeaseKeeper, 'leaseEpoch' | 'isLive'>,
  ) {
    this.#deps = deps;
    this.#journal = journal;
    this.#lease = lease;
    this.#privateHosts = new Set(deps.privateHosts?.(journal.run.contract));
    const { clock, log } = deps;
    const { leaseEpoch } = lease;
    this.#refusals = new RefusalLog({
      clock,
      log,
      leaseEpoch,
      append: async (events) => journal.append(() => events),
    });
    this.logIns = new LogInLimits(deps.store, clock, () => this.#run);
    this.#secrets = new RunSecrets(
      deps.secrets,
      clock,
      () => this.#run,
      this.logIns,
      (name) => readGiven(deps, this.#run, name),
    );
    this.#logins = new RunLogins({
      secrets: deps.secrets,
      run: () => this.#run,
      leaseEpoch,
      append: async (event) => journal.append(() => [event]),
      masked: this.#secrets.masked,
    });
    journal.maskWith((event) => maskJson(event, this.maskedValues, STRUCTURE));
  }

  get maskedValues(): ReadonlySet<string> {
    return this.#secrets.masked;
  }

  get #run(): Run {
    return this.#journal.run;
  }

  /** Knows the artifacts and secrets of an earlier ownership, so that names stay unique and values masked. */
  async prepare(): Promise<void> {
    for (const { name, bytes } of await this.#deps.artifacts.list(
      this.#run.tenantId,
      this.#run.runId,
    )) {
      this.#names.add(name);
      this.#storedBytes += bytes;
    }
    this.#salt = await saltOf(this.#deps.store, this.#run);
    await this.#secrets.prepare();
  }

  assertMayShow(url: string): void {
    if (!this.#lease.isLive)
      throw new AppError('lease_lost', 'the lease of this run is over: nothing more is opened');
    assertMayShow(this.#run.contract, url);
  }

  /** The fence at the last hop: nothing of this run leaves once its lease may be somebody else's. */
  mayFetch(url: string): boolean {
    return this.#lease.isLive && mayFetch(this.#run.contract, url);
  }

  get isLive(): boolean {
    return this.#lease.isLive;
  }

  refusal(target: EgressTarget): EgressRefusal | undefined {
    return refuseTarget(this.#run.contract, target);
  }

  opensPrivate(host: string, port: number): boolean {
    return this.#privateHosts.has(hostPort({ host, port }));
  }

  refused(refusal: EgressRefusal): void {
    this.#refusals.note(refusal);
  }

  /** Before the lease is given free. */
  async close(): Promise<void> {
    await this.#refusals.flush();
    await this.logIns.release();
  }

  async resolveText(text: string, into?: Into): Promise<{ text: string; secret: boolean }> {
    const values = new Map<string, string>();
    for (const { kind, name } of placeholdersIn(text)) {
      if (kind === 'input') this.#assertInput(name, into);
      if (kind === 'secret' || kind === 'totp')
        values.set(`${kind}.${name}`, await this.#secrets.valueFor(kind, name, into));
    }
    const resolved = resolvePlaceholders(
      text,
      this.#run,
      (name, kind) => values.get(`${kind}.${name}`) ?? '',
    );
    return { text: resolved, secret: values.size > 0 };
  }

  /** Data that may leave: an input that the contract ties to origins is typed there and nowhere else. */
  #assertInput(name: string, into: Into | undefined): void {
    const origins = this.#boundTo(name);
    if (!origins || (into && origins.includes(into.frameOrigin))) return;
    throw new AppError(
      'action_refused',
      `the input "${name}" may be typed at ${origins.join(', ')} only${into ? `, not at ${into.frameOrigin}` : ''}; contract.inputOrigins says so`,
    );
  }

  #boundTo(name: string): readonly string[] | undefined {
    const { inputOrigins } = this.#run.contract;
    return Object.hasOwn(inputOrigins, name) ? inputOrigins[name] : undefined;
  }

  /** Throws `secret_refused` when what a model wrote gives a secret away, or `action_refused` an input that is bound to origins. */
  assertClean(text: string): void {
    this.#secrets.assertClean(text);
    for (const name of Object.keys(this.#run.contract.inputOrigins)) {
      const value = String(this.#run.inputs[name] ?? '');
      if (value !== '' && valueIn(text, [value]) !== undefined)
        throw new AppError(
          'action_refused',
          `the text holds the input "${name}", which is bound to origins: write {{input.${name}}}`,
        );
    }
  }

  async whenReady(text: string, signal: AbortSignal): Promise<void> {
    await this.#secrets.whenReady(text, signal);
  }

  /** For a server of the contract that asks for HTTP authentication. */
  async httpCredentials(origin: string): Promise<Login | undefined> {
    return this.#logins.http(origin);
  }

  /** User and password for the contract's proxy; undefined when it names none. */
  async proxyLogin(): Promise<Login | undefined> {
    return this.#logins.proxy();
  }

  valueDigest(value: string): string {
    return keyedDigestOf(this.#salt, value);
  }

  async readArtifact(name: string): Promise<{ mediaType: string; content: Uint8Array }> {
    if (!this.#names.has(name) || name.startsWith(STATE_PREFIX))
      throw new AppError('not_found', `the run has no artifact "${name}"`);
    const { tenantId, runId } = this.#run;
    const { metadata, content } = await this.#deps.artifacts.get(tenantId, runId, name);
    return { mediaType: metadata.mediaType, content };
  }

  async saveArtifact(
    suggestedName: string,
    mediaType: string,
    source: Artifact['source'],
    content: Uint8Array | AsyncIterable<Uint8Array>,
    url?: string,
  ): Promise<Artifact> {
    const work = this.#saving.then(async () => {
      if (this.#names.size >= MAX_ARTIFACTS)
        throw new AppError(
          'artifact_too_large',
          `the run already holds ${MAX_ARTIFACTS} artifacts; no more are kept`,
        );
      const name = safeName(suggestedName, this.#names);
      const { store, artifacts } = this.#deps;
      const room = await storageRoom(store, this.#run.tenantId, this.#storedBytes);
      const kept = await artifacts
        .put(this.#run.tenantId, this.#run.runId, name, content, {
          mediaType,
          maxBytes: Math.min(MAX_ARTIFACT_BYTES, room),
        })
        .catch((error: unknown) => {
          const full = room < MAX_ARTIFACT_BYTES && AppError.is(error, 'artifact_too_large');
          throw full ? storageFull() : error;
        });
      this.#storedBytes += kept.bytes;
      this.#names.add(name);
      const artifact: Artifact = {
        name,
        mediaType,
        bytes: kept.bytes,
        digest: kept.digest,
        source,
        ...(url !== undefined && { url: url.slice(0, 2_000) }),
      };
      await this.#journal.append(() => [
        { type: 'artifact.saved', leaseEpoch: this.#lease.leaseEpoch, artifact },
      ]);
      return artifact;
    });
    this.#saving = work.catch(() => undefined);
    return work;
  }
}
