import type { Artifact } from '../../shared/contracts/outcome.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { assertMayShow, mayFetch } from '../../shared/policy/origins.ts';
import type { SessionHost } from './browser-session.ts';
import { STATE_PREFIX } from './browser-state.ts';
import type { ExecutorDeps } from './deps.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { resolvePlaceholders, secretsIn } from './placeholders.ts';

const MAX_ARTIFACT_BYTES = 50 * 1024 * 1024;
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

/** What the executor does for the hands of one run: origin policy, secrets at the last moment, artifacts. */
export class RunHost implements SessionHost {
  readonly maskedValues = new Set<string>();
  readonly #deps: ExecutorDeps;
  readonly #journal: RunJournal;
  readonly #lease: Pick<LeaseKeeper, 'leaseEpoch' | 'isLive'>;
  readonly #names = new Set<string>();
  #saving: Promise<unknown> = Promise.resolve();

  constructor(
    deps: ExecutorDeps,
    journal: RunJournal,
    lease: Pick<LeaseKeeper, 'leaseEpoch' | 'isLive'>,
  ) {
    this.#deps = deps;
    this.#journal = journal;
    this.#lease = lease;
  }

  get #run(): Run {
    return this.#journal.run;
  }

  /** Knows the artifacts and secrets of an earlier ownership, so that names stay unique and values masked. */
  async prepare(): Promise<void> {
    for (const artifact of await this.#deps.artifacts.list(this.#run.tenantId, this.#run.runId))
      this.#names.add(artifact.name);
    for (const name of this.#run.contract.secrets) {
      const secret = await this.#deps.secrets.get(this.#run.tenantId, name);
      if (secret && secret.value !== '') this.maskedValues.add(secret.value);
    }
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

  async resolveText(
    text: string,
    into?: { frameOrigin: string; ancestorOrigins: readonly string[]; credentialField: boolean },
  ): Promise<{ text: string; secret: boolean }> {
    const values = new Map<string, string>();
    for (const name of secretsIn(text)) values.set(name, await this.#secretFor(name, into));
    const resolved = resolvePlaceholders(text, this.#run, (name) => values.get(name) ?? '');
    return { text: resolved, secret: values.size > 0 };
  }

  async #secretFor(
    name: string,
    into?: { frameOrigin: string; ancestorOrigins: readonly string[]; credentialField: boolean },
  ): Promise<string> {
    if (!this.#run.contract.secrets.includes(name))
      throw new AppError(
        'secret_refused',
        `the task contract does not name the secret "${name}"; add it to contract.secrets`,
      );
    const secret = await this.#deps.secrets.get(this.#run.tenantId, name);
    if (!secret) throw new AppError('secret_missing', `there is no secret "${name}"`);
    if (!into)
      throw new AppError('secret_refused', `the secret "${name}" may only be typed into a field`);
    const outside = [into.frameOrigin, ...into.ancestorOrigins].find(
      (origin) => !secret.origins.includes(origin),
    );
    if (outside !== undefined)
      throw new AppError(
        'secret_refused',
        `the secret "${name}" may not be typed at ${outside}; it is for ${secret.origins.join(', ')}`,
      );
    if (!into.credentialField)
      throw new AppError(
        'secret_refused',
        `the secret "${name}" may only be typed into a credential field`,
      );
    this.maskedValues.add(secret.value);
    return secret.value;
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
      const kept = await this.#deps.artifacts.put(
        this.#run.tenantId,
        this.#run.runId,
        name,
        content,
        {
          mediaType,
          maxBytes: MAX_ARTIFACT_BYTES,
        },
      );
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
