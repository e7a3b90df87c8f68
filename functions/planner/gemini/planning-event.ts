import type { AppError } from '../../../shared/core/errors.ts';
import type { PlanForm, Planning } from '../../../shared/contracts/planning.ts';
import type { TokenUse } from '../../../shared/contracts/run.ts';

/** A part exactly as the model sent it; sent back unchanged in later turns (Gemini 3 checks its thought signatures). */
export type RawPart = Readonly<Record<string, unknown>>;

export interface GeminiContent {
  readonly role: 'user' | 'model';
  readonly parts: readonly RawPart[];
}

export interface PlanRequest {
  /** Absent: the client's. */
  readonly form?: PlanForm;
  /** How this task wants the model asked; what is absent is as the client was made. */
  readonly planning?: Omit<Planning, 'form'>;
  /** What the budget has left, when that is less than the model may write. */
  readonly maxOutputTokens?: number;
  readonly systemInstruction: string;
  readonly contents: readonly GeminiContent[];
}

/** What happened in a planning turn, in order. Ends with exactly one `turn.completed` or `turn.broken`. */
export type PlanningEvent =
  /** One call to the model begins; a further one (attempt 2, 3, …) only before the first closed item. */
  | { readonly type: 'turn.started'; readonly attempt: number }
  /** The first byte of an answer came, `ms` after the call began. */
  | { readonly type: 'stream.opened'; readonly ms: number }
  | { readonly type: 'thought.delta'; readonly text: string }
  /** An item of `steps` closed; index from 1. It is whole, but not yet judged against the contract. */
  | {
      readonly type: 'step.closed';
      readonly index: number;
      readonly item: unknown;
      /** The model's own safety check wants a person to confirm this step. */
      readonly doubt?: string;
    }
  /** Tokens of the present attempt so far; replaces an earlier report of the same attempt. */
  | { readonly type: 'usage'; readonly usage: TokenUse }
  | {
      readonly type: 'turn.completed';
      readonly finishReason: string;
      readonly itemsClosed: number;
      readonly parts: readonly RawPart[];
    }
  | {
      readonly type: 'turn.broken';
      readonly error: AppError;
      readonly itemsClosed: number;
      readonly parts: readonly RawPart[];
      readonly finishReason?: string;
    };
