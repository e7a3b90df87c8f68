import { AppError } from '../../../shared/core/errors.ts';
import { functionCallOf, type FunctionCall } from './function-call.ts';
import { createPlanParser, type PlanFragment } from './plan-parser.ts';
import type { PlanForm } from '../../../shared/contracts/planning.ts';
import type { RawPart } from './planning-event.ts';
import { fromComputerUse, safetyDoubt, type Viewport } from './computer-use.ts';

/** Reads a plan out of the model's parts, in whichever form it comes. */
export interface PlanReader {
  /** Thoughts never come here. */
  read(part: RawPart): readonly PlanFragment[];
  failure(): AppError | undefined;
  /** Whether the plan may end here. */
  isComplete(): boolean;
}

function textOf(part: RawPart): string {
  return typeof part['text'] === 'string' ? part['text'] : '';
}

function jsonReader(): PlanReader {
  const parser = createPlanParser();
  return {
    read: (part) => {
      const text = textOf(part);
      return text === '' ? [] : parser.write(text);
    },
    failure: () => parser.failure(),
    isComplete: () => parser.isComplete(),
  };
}

const MAX_CALLS = 200;

/** One function call is one step; `toItem` maps it to the flat item that the contract judges. */
function callReader(
  toItem: (call: FunctionCall) => unknown,
  doubtOf: (call: FunctionCall) => string | undefined = () => undefined,
): PlanReader {
  const ids = new Set<string>();
  let index = 0;
  let failed: AppError | undefined;
  return {
    read(part) {
      const call = functionCallOf(part);
      if (!call) {
        const text = textOf(part);
        return text === '' ? [] : [{ kind: 'thought', text }];
      }
      if (call.name === 'notes') return [{ kind: 'notes', text: textOf(call.args) }];
      // An id is given once; the same one again is the same call, delivered twice.
      if (call.id !== undefined && ids.has(call.id)) return [];
      if (call.id !== undefined) ids.add(call.id);
      if (index >= MAX_CALLS) {
        failed = new AppError('model_invalid_plan', `The plan has more than ${MAX_CALLS} steps.`);
        return [];
      }
      const doubt = doubtOf(call);
      const item = toItem(call);
      return [{ kind: 'step', index: (index += 1), item, ...(doubt !== undefined && { doubt }) }];
    },
    failure: () => failed,
    isComplete: () => index > 0,
  };
}

const UNKNOWN_VIEW: Viewport = { width: 1_280, height: 800 };

export function createPlanReader(form: PlanForm, view: Viewport = UNKNOWN_VIEW): PlanReader {
  switch (form) {
    case 'json':
      return jsonReader();
    case 'calls':
      return callReader(({ name, args }) => ({ ...args, action: name }));
    case 'computer-use':
      return callReader((call) => fromComputerUse(call, view), safetyDoubt);
  }
}
