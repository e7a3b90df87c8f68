import { AppError } from '../../../shared/core/errors.ts';

const LF = 0x0a;
const CR = 0x0d;
const FIELDS = new Set(['data', 'event', 'id', 'retry']);

/** Server-sent events from bytes cut anywhere. Throws what cannot be one; what was whole before has been given. */
export interface SseReader {
  push(bytes: Uint8Array): void;
  /** What a stream without a last empty line still holds. */
  end(): void;
}

function broken(message: string, retryable: boolean): AppError {
  return new AppError('model_stream_broken', message, { retryable });
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives the payload of each `data`, joined over its lines; other fields say nothing to us. Lines are decoded when they are whole, so a
 * character that was cut by a chunk is no case of its own.
 */
export function createSseReader(
  maxEventBytes: number,
  onPayload: (payload: string) => void,
): SseReader {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line: Uint8Array[] = [];
  let bytes = 0;
  let afterCr = false;
  let data: string[] = [];
  /** Lines that are no fields: an error object that was written into the stream as it is. */
  let bare: string[] = [];

  function count(more: number): void {
    bytes += more;
    if (bytes > maxEventBytes)
      throw broken(
        `An event of the answer is longer than ${maxEventBytes} bytes; nothing past that is read.`,
        false,
      );
  }

  function endEvent(): void {
    const [payload, text] = [data.join('\n'), bare.join('\n')];
    data = [];
    bare = [];
    bytes = 0;
    if (payload !== '') onPayload(payload);
    if (text === '') return;
    if (!parses(text))
      throw broken(
        `The answer holds what is no server-sent event: ${JSON.stringify(text.slice(0, 80))}`,
        true,
      );
    onPayload(text);
  }

  function endLine(): void {
    let text: string;
    try {
      text = decoder.decode(line.length === 1 ? line[0] : Buffer.concat(line));
    } catch (error) {
      throw new AppError('model_stream_broken', 'The answer holds bytes that are no UTF-8.', {
        cause: error,
        retryable: true,
      });
    } finally {
      line = [];
    }
    if (text === '') {
      endEvent();
      return;
    }
    if (text.startsWith(':')) return;
    const colon = text.indexOf(':');
    const name = colon < 0 ? text : text.slice(0, colon);
    if (!FIELDS.has(name)) bare.push(text);
    else if (name === 'data') data.push(text.slice(colon + 1).replace(/^ /, ''));
  }

  return {
    push(chunk) {
      let start = 0;
      for (let index = 0; index < chunk.length; index += 1) {
        const byte = chunk[index];
        if (byte !== LF && byte !== CR) {
          afterCr = false;
          continue;
        }
        // The second half of CRLF, which may come in a chunk of its own.
        if (byte === LF && afterCr) {
          afterCr = false;
          start = index + 1;
          continue;
        }
        afterCr = byte === CR;
        if (index > start) {
          count(index - start);
          line.push(chunk.subarray(start, index));
        }
        start = index + 1;
        endLine();
      }
      if (start < chunk.length) {
        count(chunk.length - start);
        line.push(chunk.slice(start));
      }
    },
    end() {
      if (line.length > 0) endLine();
      // An object whose last brace came is whole, with or without the empty line that should follow; any other rest was cut.
      if (data.length > 0 && !parses(data.join('\n'))) data = [];
      endEvent();
    },
  };
}
