import { Ledger } from '../../../shared/contracts/ledger.ts';
import { dayLedgerPath, runLedgerPath, tenantLedgerPath } from '../../../shared/contracts/paths.ts';
import type { Run, TokenUse } from '../../../shared/contracts/run.ts';
import type { Quotas } from '../../../shared/contracts/tenant.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { StateStore, Write } from '../../../shared/state/state-store.ts';
import { tenantSettings } from '../../../shared/tenants/tenant-settings.ts';
import { microUsdOf, type Price } from '../../../shared/core/model-prices.ts';

export interface LedgerLimits {
  readonly runMicroUsd?: number | undefined;
  readonly dayMicroUsd?: number | undefined;
  readonly dayTokens?: number | undefined;
  readonly tenantMicroUsd?: number | undefined;
}

export interface TokenLedgerOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly limits?: LedgerLimits;
  /** Absent: what the model costs is not known, and limits in micro-USD cannot be kept. */
  readonly price?: Price | undefined;
  readonly random?: () => number;
}

export interface Charge {
  readonly use: TokenUse;
  readonly calls: number;
  /** The service did not say; counted by length. */
  readonly estimated?: number;
}

export interface Spent {
  readonly run: Ledger;
  readonly day: Ledger;
  readonly tenant: Ledger;
  readonly quotas: Quotas;
}

type Who = Pick<Run, 'tenantId' | 'runId'>;

const ATTEMPTS = 12;

function sum(left: TokenUse, right: TokenUse): TokenUse {
  return {
    prompt: left.prompt + right.prompt,
    cached: left.cached + right.cached,
    output: left.output + right.output,
    thoughts: left.thoughts + right.thoughts,
  };
}

/** Tokens and money by run, tenant and day. One batch for all three, so that they never tell different stories. */
export class TokenLedger {
  readonly #options: TokenLedgerOptions;

  constructor(options: TokenLedgerOptions) {
    const { limits = {}, price } = options;
    const named = (['runMicroUsd', 'dayMicroUsd', 'tenantMicroUsd'] as const).find(
      (name) => limits[name] !== undefined,
    );
    if (named !== undefined && !price)
      throw new AppError(
        'invalid_config',
        `ledger.${named} is set, but the model's price is not known; give it in GEMINI_PRICES.`,
      );
    this.#options = options;
  }

  #paths({ tenantId, runId }: Who): readonly [string, string, string] {
    const day = this.#options.clock.iso().slice(0, 10);
    return [
      runLedgerPath(tenantId, runId),
      dayLedgerPath(tenantId, day),
      tenantLedgerPath(tenantId),
    ];
  }

  async #read(path: string): Promise<{ ledger: Ledger; version: string | undefined }> {
    const document = await this.#options.store.get(path);
    const updatedAt = this.#options.clock.iso();
    return {
      ledger: Ledger.parse(document?.data ?? { schemaVersion: 1, updatedAt }),
      version: document?.version,
    };
  }

  async spent(who: Who): Promise<Spent> {
    const [run, day, tenant] = this.#paths(who);
    const [ofRun, ofDay, ofTenant, { quotas }] = await Promise.all([
      this.#read(run),
      this.#read(day),
      this.#read(tenant),
      tenantSettings(this.#options.store, who.tenantId),
    ]);
    return { run: ofRun.ledger, day: ofDay.ledger, tenant: ofTenant.ledger, quotas };
  }

  /** By the price table; 0 for a model without a price. */
  microUsdOf(use: TokenUse): number {
    const { price } = this.#options;
    return price ? microUsdOf(use, price) : 0;
  }

  /** Adds to all three, whatever else is written to them at the same time. */
  async charge(who: Who, { use, calls, estimated = 0 }: Charge): Promise<void> {
    const { store, clock, random = Math.random } = this.#options;
    const microUsd = this.microUsdOf(use);
    for (let attempt = 1; ; attempt += 1) {
      const writes = await Promise.all(
        this.#paths(who).map(async (path): Promise<Write> => {
          const { ledger, version } = await this.#read(path);
          const data: Ledger = {
            ...ledger,
            tokens: sum(ledger.tokens, use),
            microUsd: ledger.microUsd + microUsd,
            calls: ledger.calls + calls,
            estimated: ledger.estimated + estimated,
            updatedAt: clock.iso(),
          };
          return version === undefined
            ? { op: 'create', path, data }
            : { op: 'update', path, data, ifVersion: version };
        }),
      );
      try {
        await store.commit(writes);
        return;
      } catch (error) {
        if (!AppError.is(error, 'conflict') || attempt >= ATTEMPTS) throw error;
        await clock.sleep(random() * Math.min(500, 4 * 2 ** attempt));
      }
    }
  }

  /** What the tenant may use in a day, on all its runs together. */
  #overQuota({ quotas, day }: Spent, money: number, more: number): AppError | undefined {
    const { prompt, output, thoughts } = day.tokens;
    const tokens = prompt + output + thoughts + more;
    const over = (what: string, used: number, limit: number | undefined): AppError | undefined =>
      limit === undefined || used < limit
        ? undefined
        : new AppError(
            'quota_exceeded',
            `the ${limit} ${what} of this day (UTC) of the tenant are used (${used}); it goes on tomorrow, or with a larger quota`,
            { details: { quota: what, used, limit } },
          );
    return (
      over('tokens', tokens, quotas.tokensPerDay) ??
      over('micro-USD', day.microUsd + money, quotas.microUsdPerDay)
    );
  }

  /** Which limit is reached, if one is: of the tenant's, of the run's contract or of the ledger's own. `more` is not in the ledger yet. */
  exhausted(run: Run, spent: Spent, more: TokenUse): AppError | undefined {
    const { limits = {} } = this.#options;
    const { budgets } = run.contract;
    const money = this.microUsdOf(more);
    const tokens = (use: TokenUse): number => use.prompt + use.output + use.thoughts;
    const ofRun = sum(spent.run.tokens, more);
    const rows: readonly [string, number, number | undefined, string][] = [
      ['promptTokens', ofRun.prompt, budgets.promptTokens, 'contract.budgets.promptTokens'],
      [
        'outputTokens',
        ofRun.output + ofRun.thoughts,
        budgets.outputTokens,
        'contract.budgets.outputTokens',
      ],
      ['runMicroUsd', spent.run.microUsd + money, limits.runMicroUsd, 'RODEX_BUDGET_RUN_MICRO_USD'],
      ['dayMicroUsd', spent.day.microUsd + money, limits.dayMicroUsd, 'RODEX_BUDGET_DAY_MICRO_USD'],
      [
        'dayTokens',
        tokens(spent.day.tokens) + tokens(more),
        limits.dayTokens,
        'RODEX_BUDGET_DAY_TOKENS',
      ],
      [
        'tenantMicroUsd',
        spent.tenant.microUsd + money,
        limits.tenantMicroUsd,
        'RODEX_BUDGET_TENANT_MICRO_USD',
      ],
    ];
    const over = rows.find(([, used, limit]) => limit !== undefined && used >= limit);
    if (!over) return this.#overQuota(spent, money, tokens(more));
    const [budget, used, limit = 0, where] = over;
    return new AppError(
      'budget_exhausted',
      `the budget of ${limit} ${budget} is spent (${used}); raise ${where} to allow more`,
      { details: { budget, used, limit } },
    );
  }
}
