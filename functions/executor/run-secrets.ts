import { TOTP, URI } from 'otpauth';

import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { OutboundScan } from '../../shared/policy/outbound-scan.ts';
import type { Secret, SecretStore } from '../../shared/secrets/secret-store.ts';
import type { LogInLimits } from './log-in-limits.ts';
import { placeholdersIn } from './placeholders.ts';

/** Where something is about to be typed. */
export interface Into {
  readonly frameOrigin: string;
  readonly ancestorOrigins: readonly string[];
  readonly credentialField: boolean;
}

/** A code that is typed this close to its end may arrive too late. */
const EDGE_MS = 4_000;
const REFETCH_MS = 500;

const isSeed = (value: string): boolean => value.startsWith('otpauth://');

/** A TOTP seed as it is stored. Errors: `secret_refused` when it is none. */
function totpOf(name: string, value: string): TOTP {
  try {
    const parsed = isSeed(value) ? URI.parse(value) : undefined;
    if (parsed instanceof TOTP) return parsed;
  } catch {
    // Said below, without the value.
  }
  throw new AppError(
    'secret_refused',
    `"${name}" is no one-time-code seed; store one with rodex secrets set ${name} --totp`,
  );
}

/**
 * The secrets of one run: values are fetched at the moment of typing, for one field of one document, and never kept but to mask them.
 * A grant is used once; nothing hands a value to anybody else.
 */
export class RunSecrets {
  /** Values that must not show up anywhere. */
  readonly masked = new Set<string>();
  readonly #store: SecretStore;
  readonly #given: (name: string) => Promise<Secret | undefined>;
  readonly #clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly #run: () => Run;
  readonly #scan = new OutboundScan();
  readonly #limits: Pick<LogInLimits, 'begin' | 'usedWindow' | 'takeWindow'>;

  constructor(
    store: SecretStore,
    clock: Pick<Clock, 'nowMs' | 'sleep'>,
    run: () => Run,
    limits: Pick<LogInLimits, 'begin' | 'usedWindow' | 'takeWindow'>,
    given: (name: string) => Promise<Secret | undefined>,
  ) {
    this.#given = given;
    this.#limits = limits;
    this.#store = store;
    this.#clock = clock;
    this.#run = run;
  }

  /** Learns what to mask: an earlier ownership may have typed it. */
  async prepare(): Promise<void> {
    const { contract, givenSecrets = [] } = this.#run();
    for (const name of [...contract.secrets, ...givenSecrets]) {
      const secret = await this.#read(name);
      if (secret) this.#mask(name, secret.value);
    }
  }

  /** Throws `secret_refused` when a text that a model built gives a secret away, in any of the usual disguises. */
  assertClean(text: string): void {
    if (this.#scan.find(text, this.masked) === undefined) return;
    throw new AppError(
      'secret_refused',
      'the text holds the value of a stored secret; secrets are typed by their reference only, such as {{secret.NAME}}',
    );
  }

  /**
   * Waits until no other run logs in with what the text refers to, and until each one-time code would be good for some seconds and was not
   * typed before. Errors: `log_in_limited`.
   */
  async whenReady(text: string, signal: AbortSignal): Promise<void> {
    const { secrets } = this.#run().contract;
    const used = placeholdersIn(text).filter(
      ({ kind, name }) => (kind === 'secret' || kind === 'totp') && secrets.includes(name),
    );
    await this.#limits.begin(
      used.map(({ name }) => name),
      signal,
    );
    const { tenantId } = this.#run();
    for (const { name } of placeholdersIn(text, 'totp')) {
      const secret = await this.#store.get(tenantId, name);
      if (!secret || !isSeed(secret.value)) continue;
      const { period } = totpOf(name, secret.value);
      const periodMs = period * 1_000;
      const now = this.#clock.nowMs();
      const leftMs = periodMs - (now % periodMs);
      const window = Math.floor(now / periodMs);
      const typed = ((await this.#limits.usedWindow(name)) ?? -1) >= window;
      if (typed || leftMs < EDGE_MS) await this.#clock.sleep(leftMs, signal);
    }
  }

  /** The value for one field. Errors: `secret_refused`, `secret_missing`. */
  async valueFor(kind: 'secret' | 'totp', name: string, into: Into | undefined): Promise<string> {
    const { contract, givenSecrets = [] } = this.#run();
    if (!contract.secrets.includes(name) && !givenSecrets.includes(name))
      throw new AppError(
        'secret_refused',
        `the task contract does not name the secret "${name}"; add it to contract.secrets, or ask for it`,
      );
    // Between two versions of a secret there may be none for a moment.
    const secret = (await this.#read(name)) ?? (await this.#again(name));
    if (!secret)
      throw new AppError(
        'secret_missing',
        `there is no secret "${name}"; somebody stores it with rodex secrets set ${name}, or ask with kind "secret" and secret "${name}"`,
      );
    if (!into)
      throw new AppError('secret_refused', `the secret "${name}" may only be typed into a field`);
    assertFor(name, secret, into);
    this.#mask(name, secret.value);
    if (kind === 'totp') return this.#code(name, secret.value);
    if (isSeed(secret.value))
      throw new AppError(
        'secret_refused',
        `"${name}" is a one-time-code seed, which is never typed; {{totp.${name}}} types its code`,
      );
    return secret.value;
  }

  async #again(name: string): Promise<Secret | undefined> {
    await this.#clock.sleep(REFETCH_MS);
    return this.#read(name);
  }

  /** What a person gave this run counts before what is stored under the same name. */
  async #read(name: string): Promise<Secret | undefined> {
    const { tenantId, givenSecrets = [] } = this.#run();
    return givenSecrets.includes(name) ? this.#given(name) : this.#store.get(tenantId, name);
  }

  async #code(name: string, seed: string): Promise<string> {
    const totp = totpOf(name, seed);
    const now = this.#clock.nowMs();
    if (!(await this.#limits.takeWindow(name, Math.floor(now / (totp.period * 1_000)))))
      throw new AppError(
        'secret_refused',
        `the one-time code of "${name}" was typed already; type {{totp.${name}}} again for the next one`,
      );
    const code = totp.generate({ timestamp: now });
    this.masked.add(code);
    return code;
  }

  #mask(name: string, value: string): void {
    if (value === '') return;
    this.masked.add(value);
    if (isSeed(value)) this.masked.add(totpOf(name, value).secret.base32);
  }
}

/** The frame and all around it must be where the secret is for, and the field one for credentials. */
function assertFor(name: string, secret: Secret, into: Into): void {
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
}
