import type { RunRequest } from '../contracts/run.ts';
import type { TaskTemplate, TemplateInput, TemplateRunRequest } from '../contracts/template.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore } from '../state/state-store.ts';
import { TenantScope } from './tenant-scope.ts';

type Value = RunRequest['inputs'][string];

const invalid = (field: string, message: string): AppError =>
  new AppError('invalid_request', `inputs.${field}: ${message}`, {
    details: { errors: [{ field: `inputs.${field}`, message }] },
  });

function checked(name: string, input: TemplateInput, value: Value): Value {
  const kind = input.type === 'text' ? 'string' : input.type;
  if (typeof value !== kind) throw invalid(name, `a ${input.type}, not a ${typeof value}`);
  if (input.type === 'text' && typeof value === 'string') {
    if (input.choices && !input.choices.includes(value))
      throw invalid(name, `one of ${input.choices.join(', ')}`);
    if (value.length > input.maxLength)
      throw invalid(name, `at most ${input.maxLength} characters`);
  }
  if (input.type === 'number' && typeof value === 'number') {
    if (input.min !== undefined && value < input.min) throw invalid(name, `at least ${input.min}`);
    if (input.max !== undefined && value > input.max) throw invalid(name, `at most ${input.max}`);
  }
  return value;
}

/** The inputs of a run of this template. Errors: `invalid_request` naming the input, what it takes and what came. */
export function templateInputs(
  template: Pick<TaskTemplate, 'inputs'>,
  given: RunRequest['inputs'],
): RunRequest['inputs'] {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(template.inputs, name));
  if (unknown !== undefined) {
    const names = Object.keys(template.inputs).join(', ');
    throw invalid(unknown, `no input of this template; it has ${names === '' ? 'none' : names}`);
  }
  const inputs: Record<string, Value> = {};
  for (const [name, input] of Object.entries(template.inputs)) {
    const value = Object.hasOwn(given, name) ? given[name] : input.default;
    if (value !== undefined) inputs[name] = checked(name, input, value);
    else if (input.required) throw invalid(name, `this template needs it (${input.type})`);
  }
  return inputs;
}

/** The request that a run of a template stands for. Errors: `not_found`, `conflict` when it was retired, `invalid_request`. */
export async function resolveTemplate(
  store: StateStore,
  tenantId: string,
  request: TemplateRunRequest,
): Promise<RunRequest> {
  const { templates } = new TenantScope(store, tenantId);
  const { data: template } = await templates.get(request.template);
  if (template.retiredAt !== undefined)
    throw new AppError('conflict', `template ${request.template} was retired; use a newer version`);
  return {
    goal: template.goal,
    ...(template.url !== undefined && { url: template.url }),
    inputs: templateInputs(template, request.inputs),
    labels: request.labels,
    contract: template.contract,
  };
}
