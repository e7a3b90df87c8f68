import type { Config } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import { createGeminiClient } from './gemini/gemini-client.ts';
import { PRICES } from '../../shared/core/model-prices.ts';
import { TokenLedger } from './ledger/token-ledger.ts';
import { createPlanner, type Planner, type PlannerDeps } from './planner.ts';

export interface PlanServiceOptions extends Omit<
  PlannerDeps,
  'gemini' | 'ledger' | 'contextTokens'
> {
  readonly config: Pick<Config, 'gemini' | 'ledger'>;
  /** Loud warnings for the person at the terminal. */
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface PlanService {
  /** Who plans: `offline`, or the model's name. */
  readonly label: string;
  readonly planner: Planner;
  close(): Promise<void>;
}

interface Source {
  readonly label: string;
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  close(): Promise<void>;
}

const OFFLINE_MODEL = 'rodex-offline';

/** Gemini when a key or a server is named, else the offline planner behind the same wire protocol. */
async function sourceOf({ gemini }: Pick<Config, 'gemini'>): Promise<Source> {
  const { apiKey, baseUrl, model } = gemini;
  if (apiKey !== undefined || baseUrl !== undefined)
    return { label: model, apiKey: apiKey ?? 'no-key', baseUrl, close: async () => undefined };
  const { startOfflinePlanner } = await import('./offline/offline-server.ts');
  const offline = await startOfflinePlanner({ host: '127.0.0.1', port: 0 });
  return {
    label: 'offline',
    apiKey: 'no-key',
    baseUrl: offline.baseUrl,
    close: async () => offline.close(),
  };
}

/** The planner as the configuration says. Errors: `model_rejected` and the like when the service refuses the key or the model. */
export async function startPlanService(options: PlanServiceOptions): Promise<PlanService> {
  const { config, warn, signal, ...deps } = options;
  const { gemini: chosen, ledger } = config;
  const source = await sourceOf(config);
  try {
    const gemini = createGeminiClient({
      apiKey: source.apiKey,
      model: chosen.model,
      transportKind: chosen.transport,
      live: { modality: chosen.liveModality },
      planning: chosen.planning,
      maxAttempts: chosen.maxAttempts,
      maxRetryMs: chosen.maxRetryMs,
      stallMs: chosen.stallMs,
      firstByteMs: chosen.firstByteMs,
      ...(source.baseUrl !== undefined && { baseUrl: source.baseUrl }),
    });
    await gemini.check(signal).catch((error: unknown) => {
      // A service that is out of reach now may be back when a run needs it; one that refuses will refuse then too.
      if (!AppError.is(error, 'model_unavailable')) throw error;
      warn(`${error.message} Runs will try again.`);
    });
    const { contextTokens, compactTokens, prices = PRICES, ...limits } = ledger;
    const model = source.label === 'offline' ? OFFLINE_MODEL : chosen.model;
    const planner = createPlanner({
      ...deps,
      gemini,
      contextTokens,
      prompt: { compactAfterTokens: compactTokens },
      planForm: chosen.planning.form,
      ledger: new TokenLedger({ ...deps, limits, price: prices[model] }),
    });
    return { label: source.label, planner, close: async () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}
