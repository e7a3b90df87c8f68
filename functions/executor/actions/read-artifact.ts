import { AppError } from '../../../shared/core/errors.ts';
import { parseCsv } from './csv.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

const MAX_TEXT = 200_000;
const MAX_ROWS = 20_000;

/** What a file of the run says: CSV as rows by their header, text as it is. */
export async function readArtifact(step: Step, name: string, as: string): Promise<StepResult> {
  const file = await step.host.readArtifact?.(name).catch((error: unknown) => {
    if (!AppError.is(error, 'not_found')) throw error;
    return undefined;
  });
  if (!file) throw new StepStop('refused', 'invalid_request', `the run has no artifact "${name}"`);
  const isText = /^(text\/|application\/(json|xml))|\+(json|xml)$/.test(file.mediaType);
  if (!isText)
    throw new StepStop(
      'refused',
      'action_refused',
      `${name} is ${file.mediaType}, which cannot be read here; only text, CSV, JSON and XML can`,
    );
  const text = new TextDecoder().decode(file.content).replace(/^\ufeff/, '');
  if (as === 'table') {
    const [header = [], ...rows] = parseCsv(text, MAX_ROWS + 1);
    const data = rows.map((row) =>
      Object.fromEntries(row.map((cell, index) => [header[index] || `column ${index + 1}`, cell])),
    );
    return { data, looked: true };
  }
  return {
    data: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text,
    looked: true,
  };
}
