import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { SecretStore } from '../../shared/secrets/secret-store.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A stored secret `user:password` where it is for exactly this origin; undefined when it is not. Throws `secret_refused` when it has no colon. */
async function loginFor(
  secrets: SecretStore,
  tenantId: string,
  name: string,
  origin: string,
): Promise<Login | undefined> {
  const secret = await secrets.get(tenantId, name);
  if (!secret?.origins.includes(new URL(origin).origin)) return undefined;
  const at = secret.value.indexOf(':');
  if (at <= 0)
    throw new AppError(
      'secret_refused',
      `the secret "${name}" is no user:password, as HTTP authentication needs it`,
    );
  return { username: secret.value.slice(0, at), password: secret.value.slice(at + 1) };
}

export interface RunLoginsOptions {
  readonly secrets: SecretStore;
  readonly run: () => Run;
  readonly leaseEpoch: number;
  /** Puts on record what is about to be given away. */
  readonly append: (event: LogEventOf<'secret.used'>) => Promise<unknown>;
  /** Values that must not show up anywhere. */
  readonly masked: Set<string>;
}

/** Log-ins that the browser is given by itself, without a step that types them: on record before it has them. */
export class RunLogins {
  readonly #options: RunLoginsOptions;
  readonly #recorded = new Map<string, Promise<unknown>>();

  constructor(options: RunLoginsOptions) {
    this.#options = options;
  }

  /** For a server of the contract that asks for HTTP authentication: the secret that is for exactly this origin. */
  async http(origin: string): Promise<Login | undefined> {
    const { secrets, run } = this.#options;
    const { tenantId, contract } = run();
    for (const name of contract.httpCredentials ?? []) {
      const login = await loginFor(secrets, tenantId, name, origin);
      if (login) return this.#given(login, { name, use: 'http', origin });
    }
    return undefined;
  }

  /** User and password for the contract's proxy; undefined when it names none. Errors: `secret_missing`. */
  async proxy(): Promise<Login | undefined> {
    const { secrets, run } = this.#options;
    const { tenantId, contract } = run();
    const { server, credentials: name } = contract.browser?.proxy ?? {};
    if (server === undefined || name === undefined) return undefined;
    const login = await loginFor(secrets, tenantId, name, server);
    if (!login)
      throw new AppError(
        'secret_missing',
        `contract.browser.proxy: there is no secret "${name}" for ${server}; set it with that origin`,
      );
    return this.#given(login, { name, use: 'proxy', origin: server });
  }

  /** What cannot be recorded is not given. */
  async #given(
    login: Login,
    use: Pick<LogEventOf<'secret.used'>, 'name' | 'use' | 'origin'>,
  ): Promise<Login> {
    const { append, leaseEpoch, masked } = this.#options;
    if (login.password !== '') masked.add(login.password);
    const origin = new URL(use.origin).origin;
    const key = JSON.stringify([use.name, use.use, origin]);
    let recorded = this.#recorded.get(key);
    if (!recorded) {
      recorded = append({ type: 'secret.used', leaseEpoch, ...use, origin });
      this.#recorded.set(key, recorded);
      recorded.catch(() => this.#recorded.delete(key));
    }
    await recorded;
    return login;
  }
}
