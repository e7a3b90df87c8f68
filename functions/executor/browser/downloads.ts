import { extname } from 'node:path';

import type { Download, Page } from 'playwright-core';

import type { Artifact } from '../../../shared/contracts/outcome.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';

export const MAX_DOWNLOAD_BYTES = 50 * 1024 * 1024;
/** Of one tab; a page that gives more is up to something else. */
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

/** Files that a page gave, kept as artifacts as they finish. */
export class Downloads {
  readonly #finished: Artifact[] = [];
  readonly #failures: AppError[] = [];
  /** Downloads begun so far. */
  begun = 0;
  #open = 0;
  readonly #host: SessionHost;
  readonly #changed: () => void;

  constructor(page: Page, channel: CdpChannel, host: SessionHost, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
    const received = new Set<Download>();
    page.on('download', (download) => {
      received.add(download);
      void this.#keep(download).finally(() => received.delete(download));
    });
    channel.on('Page.downloadProgress', (event: { receivedBytes: number; totalBytes: number }) => {
      if (event.receivedBytes <= MAX_DOWNLOAD_BYTES && event.totalBytes <= MAX_DOWNLOAD_BYTES)
        return;
      for (const download of received) void download.cancel().catch(() => undefined);
    });
  }

  /** Files that no step has told of yet, also those that finished between two steps. */
  takeFinished(): Artifact[] {
    return this.#finished.splice(0);
  }

  takeFailure(): AppError | undefined {
    return this.#failures.shift();
  }

  get isIdle(): boolean {
    return this.#open === 0;
  }

  async #keep(download: Download): Promise<void> {
    this.begun += 1;
    if (this.begun > MAX_DOWNLOADS) {
      if (this.begun === MAX_DOWNLOADS + 1)
        this.#failures.push(
          new AppError(
            'artifact_too_large',
            `the page gave more than ${MAX_DOWNLOADS} files; no more are kept`,
          ),
        );
      await download.cancel().catch(() => undefined);
      return;
    }
    this.#open += 1;
    this.#changed();
    try {
      const name = download.suggestedFilename();
      const failure = await download.failure();
      if (failure === 'canceled')
        throw new AppError(
          'artifact_too_large',
          `the download ${name} was stopped: it is larger than ${MAX_DOWNLOAD_BYTES} bytes`,
        );
      if (failure !== null)
        throw new AppError('action_failed', `the download ${name} failed: ${failure}`);
      const stream = await download.createReadStream();
      this.#finished.push(
        await this.#host.saveArtifact(name, mediaTypeOf(name), 'download', stream, download.url()),
      );
    } catch (error) {
      this.#failures.push(AppError.from(error, 'action_failed'));
    } finally {
      await download.delete().catch(() => undefined);
      this.#open -= 1;
      this.#changed();
    }
  }
}
