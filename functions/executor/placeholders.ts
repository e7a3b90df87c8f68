import type { Inputs } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';

const PLACEHOLDER = /\{\{\s*(input|secret|run)\.([A-Za-z0-9_-]+)\s*\}\}/g;

/** Names of secrets that the text refers to. */
export function secretsIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)]
    .filter((match) => match[1] === 'secret')
    .map((match) => match[2] ?? '');
}

/** Replaces `{{input.NAME}}` and `{{run.id}}`; `{{secret.NAME}}` through `secretValue`. Throws `invalid_request` for an unknown name. */
export function resolvePlaceholders(
  text: string,
  run: { runId: string; inputs: Inputs },
  secretValue: (name: string) => string,
): string {
  return text.replace(PLACEHOLDER, (_whole, kind: string, name: string) => {
    if (kind === 'secret') return secretValue(name);
    if (kind === 'run') {
      if (name === 'id') return run.runId;
      throw new AppError('invalid_request', `{{run.${name}}} does not exist; {{run.id}} does`);
    }
    const value = run.inputs[name];
    if (value === undefined)
      throw new AppError(
        'invalid_request',
        `{{input.${name}}} is not among the run's inputs (${Object.keys(run.inputs).join(', ') || 'none'})`,
      );
    return String(value);
  });
}
