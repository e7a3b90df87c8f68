import type { Inputs } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';

const PLACEHOLDER = /\{\{\s*(input|secret|totp|run)\.([A-Za-z0-9_-]+)\s*\}\}/g;

type Kind = 'input' | 'secret' | 'totp' | 'run';

/** What the text refers to, in its order; of one kind or of all. */
export function placeholdersIn(text: string, only?: Kind): { kind: Kind; name: string }[] {
  return [...text.matchAll(PLACEHOLDER)]
    .map((match) => ({ kind: match[1] as Kind, name: match[2] ?? '' }))
    .filter(({ kind }) => only === undefined || kind === only);
}

/** The text with what it refers to taken out: what somebody wrote himself. */
export const withoutPlaceholders = (text: string): string => text.replace(PLACEHOLDER, ' ');

/**
 * Replaces `{{input.NAME}}` and `{{run.id}}`; `{{secret.NAME}}` and `{{totp.NAME}}` through `secretValue`. Throws `invalid_request` for
 * an unknown name.
 */
export function resolvePlaceholders(
  text: string,
  run: { runId: string; inputs: Inputs },
  secretValue: (name: string, kind: 'secret' | 'totp') => string,
): string {
  return text.replace(PLACEHOLDER, (_whole, kind: Kind, name: string) => {
    if (kind === 'secret' || kind === 'totp') return secretValue(name, kind);
    if (kind === 'run') {
      if (name === 'id') return run.runId;
      throw new AppError('invalid_request', `{{run.${name}}} does not exist; {{run.id}} does`);
    }
    const value = Object.hasOwn(run.inputs, name) ? run.inputs[name] : undefined;
    if (value === undefined)
      throw new AppError(
        'invalid_request',
        `{{input.${name}}} is not among the run's inputs (${Object.keys(run.inputs).join(', ') || 'none'})`,
      );
    return String(value);
  });
}
