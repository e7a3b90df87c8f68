import { extname } from 'node:path';

import type { Download, Page } from 'playwright-core';

import type { Artifact } from '../../../shared/contracts/outcome.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { MAX_ARTIFACT_BYTES, type SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';
import type { DownloadLimit } from './download-limit.ts';
import type { FrameNavigated, LoadingFailed, ResponseReceived } from './page-events.ts';

/** Of one session; a page that gives more is up to something else. */
export const MAX_DOWNLOADS = 200;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.pdf': 'application/pdf',
  '.zip': 'application/zip',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.svg': 'image/svg+xml',
  '.xls': 'application/vnd.ms-excel',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

/** Media type by the file's ending; artifacts are never shown by it, only offered. */
export const mediaTypeOf = (name: string): string =>
  MEDIA_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';

/** Answers after which a page stays as it is. */
const WITHOUT_CONTENT = new Set([204, 205]);

/** A download, by the page that Playwright tells of it, and its place among those of the session. */
interface Begun {
  readonly page: Page;
  readonly number: number;
}

/** Files that the pages of a session gave, kept as artifacts as they finish: a window may begin what its opener asked for. */
export class Downloads {
  readonly #finished: Artifact[] = [];
  readonly #failures: (Begun & { readonly error: AppError })[] = [];
  /** Downloads begun so far. */
  begun = 0;
  /** Documents that turned out to be files and that have not begun as such. */
  coming = 0;
  readonly #open = new Set<Begun>();
  /** Open for longer than anybody waits. */
  readonly #lingering = new WeakSet<Begun>();
  readonly #host: SessionHost;
  readonly #limit: Pick<DownloadLimit, 'wasStopped'>;
  readonly #changed: () => void;

  constructor(host: SessionHost, limit: Pick<DownloadLimit, 'wasStopped'>, changed: () => void) {
    this.#host = host;
    this.#limit = limit;
    this.#changed = changed;
  }

  hear(page: Page): void {
    page.on('download', (download) => {
      this.coming = Math.max(0, this.coming - 1);
      void this.#keep(download);
    });
  }

  /** Listens to the session of a page, or of a frame in its own process: each tells of its own documents. */
  watch(channel: CdpChannel): void {
    // A document that was answered and is given up before it shows is a file; the browser tells of that later.
    const answered = new Map<string, string>();
    channel.on('Network.responseReceived', (event: ResponseReceived) => {
      const { frameId, requestId, type, response } = event;
      if (frameId !== undefined && type === 'Document' && !WITHOUT_CONTENT.has(response.status))
        answered.set(frameId, requestId);
    });
    channel.on('Page.frameNavigated', ({ frame }: FrameNavigated) => answered.delete(frame.id));
    channel.on('Page.frameDetached', ({ frameId }: { frameId: string }) =>
      answered.delete(frameId),
    );
    channel.on('Network.loadingFailed', ({ requestId, errorText }: LoadingFailed) => {
      const frameId = [...answered].find(([, id]) => id === requestId)?.[0];
      if (frameId === undefined) return;
      answered.delete(frameId);
      if (errorText !== 'net::ERR_ABORTED') return;
      this.coming += 1;
      this.#changed();
    });
  }

  /** Files that no step has told of yet, also those that finished between two steps. */
  takeFinished(): Artifact[] {
    return this.#finished.splice(0);
  }

  /** Why a file could not be kept that this page began since then, if one could not. */
  takeFailure(page: Page, since: number): AppError | undefined {
    const at = this.#failures.findIndex((each) => each.page === page && each.number > since);
    return at < 0 ? undefined : this.#failures.splice(at, 1)[0]?.error;
  }

  /** The same of all others: they say nothing about the act that is just over. */
  takeOlderFailures(): AppError[] {
    return this.#failures.splice(0).map(({ error }) => error);
  }

  /** Nothing is on its way that this page, or any page since then, began; but for what was waited for in vain. */
  isIdle(page: Page, since: number): boolean {
    return this.#awaited(page, since).length === 0;
  }

  giveUp(page: Page, since: number): void {
    for (const each of this.#awaited(page, since)) this.#lingering.add(each);
  }

  #awaited(page: Page, since: number): Begun[] {
    return [...this.#open].filter(
      (each) => (each.page === page || each.number > since) && !this.#lingering.has(each),
    );
  }

  async #keep(download: Download): Promise<void> {
    const begun: Begun = { page: download.page(), number: (this.begun += 1) };
    if (begun.number > MAX_DOWNLOADS) {
      if (begun.number === MAX_DOWNLOADS + 1)
        this.#failures.push({
          ...begun,
          error: new AppError(
            'artifact_too_large',
            `the pages gave more than ${MAX_DOWNLOADS} files; no more are kept`,
          ),
        });
      await download.cancel().catch(() => undefined);
      return;
    }
    this.#open.add(begun);
    this.#changed();
    try {
      const name = download.suggestedFilename();
      const failure = await download.failure();
      if (failure !== null && this.#limit.wasStopped(download.url()))
        throw new AppError(
          'artifact_too_large',
          `the download ${name} was stopped: it is larger than ${MAX_ARTIFACT_BYTES} bytes`,
        );
      if (failure !== null)
        throw new AppError(
          'action_failed',
          `the download ${name} ended before it was whole (${failure}); try it again`,
        );
      const stream = await download.createReadStream();
      this.#finished.push(
        await this.#host.saveArtifact(name, mediaTypeOf(name), 'download', stream, download.url()),
      );
    } catch (error) {
      this.#failures.push({ ...begun, error: AppError.from(error, 'action_failed') });
    } finally {
      await download.delete().catch(() => undefined);
      this.#open.delete(begun);
      this.#changed();
    }
  }
}
