import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { extractText, getDocumentProxy } from 'unpdf';

import { AppError } from '../../../shared/core/errors.ts';

const MAX_MS = 20_000;
const MAX_HEAP_MIB = 256;
const MAX_PAGES = 500;
const MARK = 'rodex-pdf';

interface Task {
  readonly mark: typeof MARK;
  readonly content: Uint8Array;
}
type Answer =
  | { readonly pages: readonly string[]; readonly total: number }
  | { readonly problem: string };

/**
 * The text of a PDF, page by page, 500 pages at most. PDFs come from anywhere: they are read in a thread of their own with bounds on time and
 * memory. Throws `action_failed` for what is no PDF, is locked by a password, or does not fit into the bounds.
 */
export async function pdfText(
  content: Uint8Array,
  signal?: AbortSignal,
): Promise<{ pages: readonly string[]; total: number }> {
  const task: Task = { mark: MARK, content };
  const worker = new Worker(new URL(import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    env: {},
    stdout: true,
    stderr: true,
  });
  const bounds = AbortSignal.any([AbortSignal.timeout(MAX_MS), ...(signal ? [signal] : [])]);
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the reader stopped')));
      const stop = (): void => reject(new Error('it takes too long'));
      if (bounds.aborted) stop();
      bounds.addEventListener('abort', stop, { once: true });
    });
    if ('problem' in answer) throw new Error(answer.problem);
    return answer;
  } catch (error) {
    throw new AppError('action_failed', `the PDF cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await worker.terminate();
  }
}

async function read({ content }: Task): Promise<Answer> {
  try {
    const document = await getDocumentProxy(content, {
      useSystemFonts: false,
      maxImageSize: 0,
    });
    if (document.numPages <= MAX_PAGES) {
      const { text } = await extractText(document, { mergePages: false });
      return { pages: text, total: document.numPages };
    }
    return { problem: `it has ${document.numPages} pages; ${MAX_PAGES} are read at most` };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

const given = workerData as Partial<Task> | null;
if (!isMainThread && given?.mark === MARK) {
  const answer = await read(given as Task);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(answer);
}
