import { AppError } from '../../../shared/core/errors.ts';
import { createDepthGuard } from './json-depth.ts';
import { createSseReader, type SseReader } from './sse-reader.ts';

export interface NormaliserOptions {
  readonly maxEventBytes?: number;
  readonly maxDepth?: number;
  /** All that one answer may hold of what we keep: the SDK keeps a copy of each chunk until the stream ends. */
  readonly maxAnswerBytes?: number;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(from: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])));
}

/** Only what the client reads: unknown fields could hold megabytes, and nobody would look at them. Parts stay exactly as sent. */
function slim(chunk: Fields): Fields {
  const kept = pick(chunk, ['candidates', 'promptFeedback', 'usageMetadata', 'error']);
  if (!Array.isArray(kept['candidates'])) return kept;
  const candidates = kept['candidates']
    .slice(0, 1)
    .map((each: unknown) =>
      isObject(each)
        ? pick(each, ['content', 'finishReason', 'finishMessage', 'index'])
        : { content: {} },
    );
  return { ...kept, candidates };
}

/** How many tokens the model says it has written so far; it grows with every chunk that says something. */
function tokensSaid(chunk: Fields): number | undefined {
  const usage = chunk['usageMetadata'];
  if (!isObject(usage)) return undefined;
  const { candidatesTokenCount: output, thoughtsTokenCount: thoughts } = usage;
  const said =
    (typeof output === 'number' ? output : 0) + (typeof thoughts === 'number' ? thoughts : 0);
  return said > 0 ? said : undefined;
}

function chunkOf(payload: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch (error) {
    throw new AppError('model_stream_broken', 'A chunk of the answer is not JSON: it was cut.', {
      cause: error,
      retryable: true,
    });
  }
  // Without alt=sse the service answers with a list of chunks; an error object may come so too.
  if (Array.isArray(value) && value.length === 1) value = value[0];
  if (!isObject(value))
    throw new AppError('model_stream_broken', 'A chunk of the answer is not a JSON object.', {
      retryable: true,
    });
  return value;
}

/**
 * Turns whatever arrives under HTTP 200 into the one form that the SDK's parser reads without losing anything: `data: {json}` and an
 * empty line. Throws what breaks the stream.
 */
export function createSseNormaliser(
  onEvent: (event: string) => void,
  options: NormaliserOptions = {},
): SseReader {
  const {
    maxEventBytes = 4 * 1024 * 1024,
    maxDepth = 64,
    maxAnswerBytes = 8 * 1024 * 1024,
  } = options;
  let last: { payload: string; tokens: number | undefined } | undefined;
  let kept = 0;

  function read(payload: string): void {
    if (createDepthGuard(maxDepth)(payload) >= 0)
      throw new AppError(
        'model_stream_broken',
        `A chunk of the answer nests deeper than ${maxDepth} levels.`,
      );
    const chunk = chunkOf(payload);
    const tokens = tokensSaid(chunk);
    // The same bytes again, and by its own count the model has said nothing since: one chunk that was delivered twice.
    if (last?.payload === payload && tokens !== undefined && tokens === last.tokens) return;
    last = { payload, tokens };
    const event = `data: ${JSON.stringify(slim(chunk))}\n\n`;
    kept += event.length;
    if (kept > maxAnswerBytes)
      throw new AppError(
        'model_stream_broken',
        `The answer is longer than ${maxAnswerBytes} bytes; nothing past that is read.`,
      );
    onEvent(event);
  }

  return createSseReader(maxEventBytes, read);
}
