import type { PlanForm } from '../../shared/contracts/planning.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { PlanRequest } from './gemini/planning-event.ts';
import type { TokenLedger } from './ledger/token-ledger.ts';
import { promptTokens, TurnMeter } from './ledger/turn-meter.ts';
import { buildPrompt, type PromptHistory, type PromptOptions } from './prompt.ts';

export interface AllowanceDeps {
  readonly prompt?: PromptOptions;
  readonly ledger?: TokenLedger;
  readonly contextTokens?: number;
  /** The deployment's; a task may say otherwise. */
  readonly planForm?: PlanForm | undefined;
}

export type Allowed =
  | { readonly request: PlanRequest; readonly meter: TurnMeter; readonly refused?: never }
  | { readonly request?: never; readonly refused: AppError };

/** Room for the answer that a prompt must leave in the model's window. */
const ANSWER_TOKENS = 8_192;
/** Most that a model writes in one answer; a smaller budget is passed on, so that the service stops there by itself. */
const MOST_OUTPUT_TOKENS = 65_536;

/**
 * The task's own settings under what can be had now: Computer Use needs a picture of the page, and where none may be taken (a secret was
 * typed there) the plan is asked for as a document, until that page is left.
 */
function howToAsk(
  { run, turns, pictures }: PromptHistory,
  planForm: PlanForm | undefined,
): Pick<PlanRequest, 'form' | 'planning'> {
  const { form: wanted = planForm, ...planning } = run.contract.planning ?? {};
  const isSeen = pictures.has(turns.at(-1)?.observation ?? 0);
  const form = wanted === 'computer-use' && !isSeen ? 'json' : wanted;
  return { planning, ...(form !== undefined && { form }) };
}

/** The prompt, compacted further than usual when it would not fit; undefined when it cannot fit at all. */
function fittingPrompt(
  history: PromptHistory,
  { prompt = {}, contextTokens = 1_048_576, planForm }: AllowanceDeps,
): PlanRequest | undefined {
  const room = contextTokens - ANSWER_TOKENS;
  for (const options of [prompt, { ...prompt, compactAfterTokens: 0 }]) {
    const request = { ...buildPrompt(history, options), ...howToAsk(history, planForm) };
    if (promptTokens(request) <= room) return request;
  }
  return undefined;
}

/** What a turn may be asked with; or why it may not begin. Decided before anything is sent. */
export async function allowTurn(
  deps: AllowanceDeps,
  run: Run,
  history: PromptHistory,
): Promise<Allowed> {
  const { ledger, contextTokens = 0 } = deps;
  const request = fittingPrompt(history, deps);
  if (!request)
    return {
      refused: new AppError(
        'budget_exhausted',
        `the prompt of this turn does not fit the model's window of ${contextTokens} tokens, even without earlier observations; a model with a larger one may (GEMINI_MODEL, GEMINI_CONTEXT_TOKENS)`,
        { details: { budget: 'contextTokens', limit: contextTokens } },
      ),
    };
  if (!ledger) return { request, meter: new TurnMeter(run, request) };
  const spent = await ledger.spent(run);
  const prompt = promptTokens(request);
  const meter = new TurnMeter(run, request, { ledger, spent });
  const refused = ledger.exhausted(run, spent, { prompt, cached: 0, output: 0, thoughts: 0 });
  if (refused) return { refused };
  const { output, thoughts } = spent.run.tokens;
  const left = run.contract.budgets.outputTokens - output - thoughts;
  return {
    request: left < MOST_OUTPUT_TOKENS ? { ...request, maxOutputTokens: left } : request,
    meter,
  };
}
