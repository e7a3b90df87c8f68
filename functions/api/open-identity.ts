import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';

import type { Clock } from '../../shared/core/clock.ts';
import type { Config } from '../../shared/core/config.ts';
import { writeFileDurably } from '../../shared/core/durable-file.ts';
import { AppError } from '../../shared/core/errors.ts';
import { MasterKey } from '../../shared/core/master-key.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { ApiKeys, terminalKey } from './identity/api-keys.ts';
import { createAuthenticator, type Authenticator } from './identity/authenticator.ts';
import { createOidcVerifier, type OidcOptions } from './identity/oidc.ts';

/** In the data directory: the key of the person at the terminal, readable by that user alone. */
export const API_KEY_FILE = 'api.key';

const PEPPER = 'api key pepper v1';
const LINKS = 'artifact links v1';

export interface OpenIdentity {
  readonly apiKeys: ApiKeys;
  readonly identify: Authenticator;
  /** Signs links to artifacts. */
  readonly linkSecret: Uint8Array;
}

type Deps = { readonly store: StateStore; readonly clock: Clock };

/**
 * Identity on one machine: whoever may read the key file is the person at the terminal. The key follows from the master key, so every
 * process of a data directory writes the same. A deployed API has no terminal.
 */
export async function openEmbeddedIdentity(
  config: Pick<Config, 'dataDir' | 'tenantId'>,
  { store, clock }: Deps,
): Promise<OpenIdentity & { readonly key: string }> {
  const masterKey = MasterKey.open(join(config.dataDir, 'secrets', 'master.key'), {
    mayCreate: true,
  });
  const terminalSecret = Buffer.from(masterKey.derive('terminal key v1')).toString('base64url');
  const apiKeys = new ApiKeys({ store, clock, pepper: masterKey.derive(PEPPER), terminalSecret });
  const key = terminalKey(config.tenantId, terminalSecret);
  await writeFileDurably(join(config.dataDir, API_KEY_FILE), `${key}\n`);
  const { tenantId } = config;
  const identify = createAuthenticator({ store, apiKeys, tenantId, platformAdmins: [] });
  return { apiKeys, identify, key, linkSecret: masterKey.derive(LINKS) };
}

/** Identity of a deployed API: Google's ID tokens and API keys. Errors: `invalid_config` naming what is missing. */
export function openDeployedIdentity(
  config: Pick<Config, 'api' | 'tenantId'>,
  { store, clock }: Deps,
  oidc: Pick<OidcOptions, 'keys'> = {},
): OpenIdentity {
  const { secret, audiences, admins } = config.api;
  if (secret === undefined)
    throw new AppError(
      'invalid_config',
      'RODEX_API_SECRET: a deployed API needs 32 or more random characters, from a secret; API keys and signed links hold as long as it stays',
    );
  const derive = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, '', `rodex ${purpose}`, 32));
  const apiKeys = new ApiKeys({ store, clock, pepper: derive(PEPPER) });
  const identify = createAuthenticator({
    store,
    apiKeys,
    tenantId: config.tenantId,
    platformAdmins: admins,
    ...(audiences.length > 0 && { oidc: createOidcVerifier({ audiences, ...oidc }) }),
  });
  return { apiKeys, identify, linkSecret: derive(LINKS) };
}

/** The identity that belongs to the platform of the configuration. */
export async function openIdentity(config: Config, deps: Deps): Promise<OpenIdentity> {
  // Beside emulators there is a person at a terminal too.
  return config.platform === 'embedded' || config.gcp?.emulators
    ? openEmbeddedIdentity(config, deps)
    : openDeployedIdentity(config, deps);
}
