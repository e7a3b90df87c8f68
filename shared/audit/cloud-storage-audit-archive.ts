import { Storage } from '@google-cloud/storage';

import { AppError } from '../core/errors.ts';
import type { AuditArchive } from './audit-archive.ts';

export interface CloudStorageAuditArchiveOptions {
  readonly projectId: string;
  /** A bucket of its own, with a locked retention policy: then nobody, its owner included, can change or remove an object in time. */
  readonly bucket: string;
  /** `http://host:port` of a stand-in. */
  readonly emulatorUrl?: string;
}

function statusOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

function translated(error: unknown, what: string): AppError {
  if (AppError.is(error)) return error;
  const status = statusOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (status === 401 || status === 403)
    return new AppError(
      'permission_denied',
      `${what}: Cloud Storage refuses this identity: give it roles/storage.objectCreator and roles/storage.objectViewer on the audit bucket (${said})`,
      { cause: error },
    );
  return new AppError('store_unavailable', `${what}: ${said}`, { cause: error, retryable: true });
}

/** Objects of a bucket, created and never replaced (`ifGenerationMatch: 0`). */
export function openCloudStorageAuditArchive(
  options: CloudStorageAuditArchiveOptions,
): AuditArchive {
  const { projectId, emulatorUrl } = options;
  const storage = new Storage({
    projectId,
    ...(emulatorUrl !== undefined && {
      apiEndpoint: emulatorUrl,
      useAuthWithCustomEndpoint: false,
    }),
  });
  const bucket = storage.bucket(options.bucket);
  const get = async (name: string): Promise<Buffer | undefined> => {
    try {
      const [content] = await bucket.file(name).download();
      return content;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw translated(error, `reading ${name} of the audit bucket`);
    }
  };
  return {
    get,
    put: async (name, bytes) => {
      const before = await get(name);
      if (before?.equals(bytes)) return;
      if (before)
        throw new AppError('audit_broken', `${name} of the audit bucket holds something else`);
      try {
        await bucket.file(name).save(Buffer.from(bytes), {
          resumable: false,
          contentType: 'text/plain; charset=utf-8',
          preconditionOpts: { ifGenerationMatch: 0 },
        });
      } catch (error) {
        // Another scheduler was quicker, or a repeated request was: what counts is what is there.
        if (statusOf(error) === 412 && (await get(name))?.equals(bytes)) return;
        throw translated(error, `writing ${name} to the audit bucket`);
      }
    },
    list: async (prefix) => {
      try {
        const [files] = await bucket.getFiles({ prefix });
        return files.map(({ name }) => name).toSorted();
      } catch (error) {
        throw translated(error, 'listing the audit bucket');
      }
    },
  };
}
