import { createLocalKeyWrap } from '../../../shared/audit/local-key-wrap.ts';
import { RunCipher, RunVault } from '../../../shared/audit/run-vault.ts';
import { sealEntry } from '../../../shared/audit/seal-entry.ts';
import type { LogEvent } from '../../../shared/contracts/log-entry.ts';
import { runKeyPath } from '../../../shared/contracts/paths.ts';
import type { StoredLogEntry } from '../../../shared/contracts/stored-log-entry.ts';

class ClearCipher extends RunCipher {
  override seal(who: Parameters<typeof sealEntry>[0], event: LogEvent): StoredLogEntry {
    return sealEntry(who, { event });
  }
}

/** Leaves events in clear: chained and sealed as ever, without the price of encryption, and open to the judge who looks for secrets. */
export class ClearVault extends RunVault {
  readonly #cipher = new ClearCipher(new Uint8Array(32));

  constructor() {
    super(createLocalKeyWrap(new Uint8Array(32)));
  }

  override async create(tenantId: string, runId: string): ReturnType<RunVault['create']> {
    const data = { schemaVersion: 1, by: 'simulation', wrapped: '' };
    return {
      cipher: this.#cipher,
      write: { op: 'create', path: runKeyPath(tenantId, runId), data },
    };
  }

  override async cipher(): Promise<RunCipher> {
    return this.#cipher;
  }
}
