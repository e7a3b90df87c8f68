import { AppError } from '../../../shared/core/errors.ts';
import { parseCsv } from './csv.ts';
import { pdfText } from './pdf-text.ts';
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
  if (isPdf(file)) return readPdf(file.content, as, step.signal);
  const isText = /^(text\/|application\/(json|xml))|\+(json|xml)$/.test(file.mediaType);
  if (!isText)
    throw new StepStop(
      'refused',
      'action_refused',
      `${name} is ${file.mediaType}, which cannot be read here; only text, CSV, JSON, XML and PDF can`,
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

/** By its first bytes: servers name the media type as they like. */
const isPdf = ({ content }: { content: Uint8Array }): boolean =>
  new TextDecoder('latin1').decode(content.subarray(0, 1_024)).includes('%PDF-');

async function readPdf(
  content: Uint8Array,
  as: string,
  signal: AbortSignal | undefined,
): Promise<StepResult> {
  const { pages } = await pdfText(content, signal);
  if (pages.every((page) => page.trim() === ''))
    throw new StepStop(
      'failed',
      'action_failed',
      'the PDF holds no text; its pages are pictures, which are not read here',
    );
  if (as === 'table')
    return { data: pages.map((text, at) => ({ page: at + 1, text })), looked: true };
  const text = pages.join('\n\n');
  return { data: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text, looked: true };
}
