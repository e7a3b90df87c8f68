import { JSONParser } from '@streamparser/json';

import { AppError } from '../../../shared/core/errors.ts';

/** A finished piece of a plan document. A step counts when its closing brace has arrived, never before. */
export type PlanFragment =
  | { readonly kind: 'step'; readonly index: number; readonly item: unknown }
  | { readonly kind: 'thought' | 'notes'; readonly text: string };

export interface PlanParserOptions {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
  readonly maxSteps?: number;
}

export interface PlanParser {
  /** Takes the next piece of the document's text, cut anywhere; throws `model_invalid_plan` when it cannot be a plan. */
  write(text: string): readonly PlanFragment[];
  /** True once the document is closed. */
  isComplete(): boolean;
}

/** Counts open brackets outside strings; the parser library has no limit of its own and would recurse as deep as it is told. */
function createDepthMeter(): (text: string) => number {
  let depth = 0;
  let inString = false;
  let escaped = false;
  return (text) => {
    let deepest = depth;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (escaped) escaped = false;
      else if (inString) {
        if (code === 0x5c) escaped = true;
        else if (code === 0x22) inString = false;
      } else if (code === 0x22) inString = true;
      else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, (depth += 1));
      else if (code === 0x7d || code === 0x5d) depth -= 1;
    }
    return deepest;
  };
}

export function createPlanParser(options: PlanParserOptions = {}): PlanParser {
  const { maxBytes = 4 * 1024 * 1024, maxDepth = 24, maxSteps = 200 } = options;
  const parser = new JSONParser({ paths: ['$.steps.*', '$.thought', '$.notes'], keepStack: false });
  const deepest = createDepthMeter();
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
    failed = new AppError('model_invalid_plan', message, { cause });
    return failed;
  };

  return {
    write(text) {
      if (failed) throw failed;
      bytes += Buffer.byteLength(text);
      if (bytes > maxBytes)
        throw fail(`The plan is longer than ${maxBytes} bytes; nothing past that is read.`);
      if (deepest(text) > maxDepth) throw fail(`The plan nests deeper than ${maxDepth} levels.`);
      if (parser.isEnded) {
        if (text.trim() === '') return [];
        throw fail('The plan goes on after its closing brace; a plan is one JSON document.');
      }
      fragments = [];
      try {
        parser.write(text);
      } catch (error) {
        const closed = fragments;
        fail(
          `The plan is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
          error,
        );
        // What closed before the fault is whole; the next write reports the fault.
        if (closed.length > 0) return closed;
        throw failed as unknown as AppError;
      }
      if (steps > maxSteps) throw fail(`The plan has more than ${maxSteps} steps.`);
      return fragments;
    },
    isComplete: () => failed === undefined && parser.isEnded,
  };
}
