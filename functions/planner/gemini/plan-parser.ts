import { JSONParser } from '@streamparser/json';

import { AppError } from '../../../shared/core/errors.ts';
import { createDepthGuard } from './json-depth.ts';

/** A finished piece of a plan document. A step counts when its closing brace has arrived, never before. */
export type PlanFragment =
  | {
      readonly kind: 'step';
      readonly index: number;
      readonly item: unknown;
      /** Absent in documents: only Gemini's own tools bring one. */
      readonly doubt?: string;
    }
  | { readonly kind: 'thought' | 'notes'; readonly text: string };

export interface PlanParserOptions {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  readonly maxSteps?: number;
}

export interface PlanParser {
  /** Takes the next piece of the document's text, cut anywhere; throws `model_invalid_plan` when it cannot be a plan. */
  write(text: string): readonly PlanFragment[];
  /** What was wrong with the last piece, when something in it had closed before the fault. */
  failure(): AppError | undefined;
  /** True once the document is closed. */
  isComplete(): boolean;
}

export function createPlanParser(options: PlanParserOptions = {}): PlanParser {
  const { maxBytes = 4 * 1024 * 1024, maxDepth = 24, maxSteps = 200 } = options;
  const parser = new JSONParser({ paths: ['$.steps.*', '$.thought', '$.notes'], keepStack: false });
  const tooDeepAt = createDepthGuard(maxDepth);
  let fragments: PlanFragment[] = [];
  let bytes = 0;
  let steps = 0;
  let failed: AppError | undefined;

  parser.onValue = ({ value, key }) => {
    if (typeof key === 'number') fragments.push({ kind: 'step', index: (steps += 1), item: value });
    else if ((key === 'thought' || key === 'notes') && typeof value === 'string')
      fragments.push({ kind: key, text: value });
  };

  const fail = (message: string, cause?: unknown): AppError => {
    // One strict re-ask: prose is never salvaged.
    failed = new AppError('model_invalid_plan', message, { cause, details: { reAsks: 1 } });
    return failed;
  };

  return {
    write(text) {
      if (failed) throw failed;
      bytes += Buffer.byteLength(text);
      if (bytes > maxBytes)
        throw fail(`The plan is longer than ${maxBytes} bytes; nothing past that is read.`);
      if (parser.isEnded) {
        if (text.trim() === '') return [];
        throw fail('The plan goes on after its closing brace; a plan is one JSON document.');
      }
      fragments = [];
      const deep = tooDeepAt(text);
      try {
        parser.write(deep < 0 ? text : text.slice(0, deep));
      } catch (error) {
        fail(
          `The plan is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
          error,
        );
      }
      if (deep >= 0) fail(`The plan nests deeper than ${maxDepth} levels.`);
      if (steps > maxSteps) {
        fail(`The plan has more than ${maxSteps} steps.`);
        fragments = fragments.filter((each) => each.kind !== 'step' || each.index <= maxSteps);
      }
      // What closed before the fault is whole; the next write reports the fault.
      const fault = failed as AppError | undefined;
      if (fault && fragments.length === 0) throw fault;
      return fragments;
    },
    failure: () => failed,
    isComplete: () => failed === undefined && parser.isEnded,
  };
}
