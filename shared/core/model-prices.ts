import type { TokenUse } from '../contracts/run.ts';

/** Micro-USD per million tokens. Thoughts cost what output costs. */
export interface Price {
  readonly prompt: number;
  readonly cached: number;
  readonly output: number;
}
export type PriceTable = Readonly<Record<string, Price>>;

/** Of the release, for what it is worth: prices change, so the environment may bring its own (GEMINI_PRICES). */
export const PRICES: PriceTable = {
  'gemini-2.5-flash': { prompt: 300_000, cached: 75_000, output: 2_500_000 },
  'gemini-2.5-flash-lite': { prompt: 100_000, cached: 25_000, output: 400_000 },
  'gemini-2.5-pro': { prompt: 1_250_000, cached: 310_000, output: 10_000_000 },
  'rodex-offline': { prompt: 0, cached: 0, output: 0 },
};

export function microUsdOf(use: TokenUse, price: Price): number {
  const { prompt, cached, output, thoughts } = use;
  const fresh = Math.max(prompt - cached, 0);
  const cost =
    fresh * price.prompt +
    Math.min(cached, prompt) * price.cached +
    (output + thoughts) * price.output;
  return Math.ceil(cost / 1_000_000);
}
