import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Bucket, File, FileMetadata, StorageOptions } from '@google-cloud/storage';
import { IdempotencyStrategy, Storage } from '@google-cloud/storage';
import type { GoogleAuth } from 'google-auth-library';

import { AppError } from '../core/errors.ts';
import { randomId } from '../core/ids.ts';
import { checkName, checkRun, tooLarge } from './artifact-rules.ts';
import type { ArtifactMetadata, ArtifactStore } from './artifact-store.ts';
import { cloudStorageError, isMissing } from './cloud-storage-errors.ts';
import { Sealer, unseal } from './cloud-storage-sealing.ts';

export interface CloudStorageArtifactStoreOptions {
  readonly projectId: string;
  readonly bucket: string;
  /** The platform's key for encrypted content: 32 bytes. Asked for when it is first needed. */
  readonly key: () => Promise<Uint8Array>;
  /** `http://host:port` of a stand-in. */
  readonly emulatorUrl?: string;
  /** Who asks and signs; absent: the identity of the environment. */
  readonly authClient?: NonNullable<StorageOptions['authClient']> | GoogleAuth;
  /** Parts of a resumable upload; a multiple of 256 KiB. What is smaller is gathered and sent in one request. */
  readonly partBytes?: number;
}

interface Own {
  readonly bytes: string;
  readonly digest: string;
  readonly nonce?: string;
  readonly tag?: string;
}

const PART_BYTES = 8 * 1024 * 1024;
const READ_ATTEMPTS = 5;
const FOLDER = 'artifacts';
/** Parts under way; a lifecycle rule of the bucket removes what a crash leaves here after a day. */
export const UPLOADS_PREFIX = 'uploads/';

/** Artifacts as objects `artifacts/{tenant}/{run}/{name}`; size and digest of what was put travel as the object's metadata. */
export function openCloudStorageArtifactStore(
  options: CloudStorageArtifactStoreOptions,
): ArtifactStore {
  return new CloudStorageArtifactStore(options);
}

class CloudStorageArtifactStore implements ArtifactStore {
  readonly #bucket: Bucket;
  readonly #partBytes: number;
  readonly #askKey: () => Promise<Uint8Array>;
  #key: Promise<Uint8Array> | undefined;

  constructor(options: CloudStorageArtifactStoreOptions) {
    const { projectId, emulatorUrl, authClient } = options;
    this.#partBytes = options.partBytes ?? PART_BYTES;
    const storage = new Storage({
      projectId,
      ...(authClient && { authClient }),
      ...(emulatorUrl !== undefined && {
        apiEndpoint: emulatorUrl,
        useAuthWithCustomEndpoint: false,
      }),
      // Every write here may be repeated: the same content under the same name.
      retryOptions: {
        idempotencyStrategy: IdempotencyStrategy.RetryAlways,
        maxRetries: 4,
        totalTimeout: 60,
      },
    });
    this.#bucket = storage.bucket(options.bucket);
    // The client puts eleven listeners on the stream of each upload; Node warns of a leak from ten on.
    setMaxListeners(20);
    this.#askKey = options.key;
  }

  async put(
    tenantId: string,
    runId: string,
    name: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: { mediaType: string; encrypted?: boolean; maxBytes?: number },
  ): Promise<ArtifactMetadata> {
    checkRun(tenantId, runId);
    checkName(name);
    const { mediaType, encrypted, maxBytes } = options;
    const sealer = encrypted
      ? new Sealer(await this.#platformKey(), placeOf(tenantId, runId, name))
      : undefined;
    const hash = createHash('sha256');
    let bytes = 0;
    let brokeOff: { error: unknown } | undefined;
    const prepared = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          bytes += chunk.byteLength;
          if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
          hash.update(chunk);
          yield sealer ? sealer.update(chunk) : chunk;
        }
        if (sealer) yield sealer.final();
      } catch (error) {
        brokeOff = { error };
        throw error;
      }
    };
    const file = this.#bucket.file(objectName(tenantId, runId, name));
    const metadataNow = (): { metadata: FileMetadata; own: ArtifactMetadata } => {
      const digest = `sha256:${hash.digest('hex')}`;
      const own: Own = { bytes: String(bytes), digest, ...sealer?.sealing() };
      return {
        metadata: { contentType: mediaType, metadata: { ...own } },
        own: { name, bytes, digest, mediaType },
      };
    };
    try {
      return await this.#write(file, prepared(), metadataNow);
    } catch (error) {
      // The source's own failure is passed on as it is.
      if (brokeOff) throw brokeOff.error;
      throw cloudStorageError(error, `storing the artifact "${name}"`);
    }
  }

  async get(
    tenantId: string,
    runId: string,
    name: string,
  ): Promise<{ metadata: ArtifactMetadata; content: Uint8Array }> {
    checkRun(tenantId, runId);
    checkName(name);
    const object = objectName(tenantId, runId, name);
    for (let attempt = 1; ; attempt += 1) {
      const stored = await this.#metadataOf(object, runId, name);
      const metadata = artifactOf(name, stored);
      try {
        const generation = stored.generation ?? 0;
        const [content] = await this.#bucket
          .file(object, { generation })
          // Our own digest says more than their checksum.
          .download({ validation: false });
        return { metadata, content: await this.#opened(content, stored, [tenantId, runId, name]) };
      } catch (error) {
        // Replaced between the two requests: that generation is no longer there.
        if (!isMissing(error) || attempt >= READ_ATTEMPTS)
          throw cloudStorageError(error, `reading the artifact "${name}"`);
      }
    }
  }

  async list(tenantId: string, runId: string): Promise<readonly ArtifactMetadata[]> {
    checkRun(tenantId, runId);
    const prefix = objectName(tenantId, runId, '');
    try {
      const [files] = await this.#bucket.getFiles({ prefix });
      return files
        .map((file) => artifactOf(file.name.slice(prefix.length), file.metadata))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      throw cloudStorageError(error, `listing the artifacts of ${runId}`);
    }
  }

  async removeRun(tenantId: string, runId: string): Promise<void> {
    checkRun(tenantId, runId);
    try {
      await this.#bucket.deleteFiles({ prefix: objectName(tenantId, runId, '') });
    } catch (error) {
      throw cloudStorageError(error, `removing the artifacts of ${runId}`);
    }
  }

  async link(
    tenantId: string,
    runId: string,
    name: string,
    options: { expiresAtMs: number },
  ): Promise<string | undefined> {
    checkRun(tenantId, runId);
    checkName(name);
    const object = objectName(tenantId, runId, name);
    const stored = await this.#metadataOf(object, runId, name);
    // What is sealed is of no use to whoever has no key.
    if (stored.metadata?.['nonce'] !== undefined) return undefined;
    try {
      const [url] = await this.#bucket.file(object).getSignedUrl({
        version: 'v4',
        action: 'read',
        expires: options.expiresAtMs,
        responseDisposition: 'attachment',
        responseType: 'application/octet-stream',
      });
      return url;
    } catch (error) {
      throw cloudStorageError(error, `signing a URL for the artifact "${name}"`);
    }
  }

  async #write(
    file: File,
    source: AsyncGenerator<Uint8Array>,
    metadataNow: () => { metadata: FileMetadata; own: ArtifactMetadata },
  ): Promise<ArtifactMetadata> {
    const gathered: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await source.next();
      if (done) break;
      gathered.push(value);
      size += value.byteLength;
      if (size > this.#partBytes) return this.#writeInParts(file, gathered, source, metadataNow);
    }
    const { metadata, own } = metadataNow();
    await file.save(Buffer.concat(gathered), { resumable: false, metadata, validation: 'crc32c' });
    return own;
  }

  /** The digest is known at the end only, and an object is visible as soon as it is whole: so it is uploaded aside, then copied with it. */
  async #writeInParts(
    file: File,
    gathered: readonly Uint8Array[],
    rest: AsyncGenerator<Uint8Array>,
    metadataNow: () => { metadata: FileMetadata; own: ArtifactMetadata },
  ): Promise<ArtifactMetadata> {
    const aside = this.#bucket.file(`${UPLOADS_PREFIX}${randomId('up')}`);
    const all = async function* (): AsyncGenerator<Uint8Array> {
      yield* gathered;
      yield* rest;
    };
    try {
      await pipeline(
        Readable.from(all(), { objectMode: false }),
        aside.createWriteStream({
          resumable: true,
          chunkSize: this.#partBytes,
          validation: 'crc32c',
        }),
      );
      const { metadata, own } = metadataNow();
      const { contentType, metadata: custom } = metadata;
      await aside.copy(file, {
        ...(contentType !== undefined && { contentType }),
        ...(custom && { metadata: custom }),
      });
      return own;
    } finally {
      await aside.delete({ ignoreNotFound: true }).catch(() => undefined);
    }
  }

  async #metadataOf(object: string, runId: string, name: string): Promise<FileMetadata> {
    try {
      const [metadata] = await this.#bucket.file(object).getMetadata();
      return metadata;
    } catch (error) {
      if (isMissing(error))
        throw new AppError('not_found', `run ${runId} has no artifact "${name}"`);
      throw cloudStorageError(error, `looking for the artifact "${name}"`);
    }
  }

  async #opened(
    content: Buffer,
    stored: FileMetadata,
    place: [string, string, string],
  ): Promise<Uint8Array> {
    const { bytes, digest, nonce, tag } = (stored.metadata ?? {}) as Partial<Own>;
    const opened =
      nonce !== undefined && tag !== undefined
        ? unseal(content, { nonce, tag }, await this.#platformKey(), placeOf(...place))
        : content;
    const actual = opened && `sha256:${createHash('sha256').update(opened).digest('hex')}`;
    if (opened && actual === digest && String(opened.byteLength) === bytes) return opened;
    throw corrupt(place[2]);
  }

  async #platformKey(): Promise<Uint8Array> {
    this.#key ??= this.#askKey();
    try {
      return await this.#key;
    } catch (error) {
      this.#key = undefined;
      throw error;
    }
  }
}

const placeOf = (tenantId: string, runId: string, name: string): string =>
  JSON.stringify([tenantId, runId, name]);

const objectName = (tenantId: string, runId: string, name: string): string =>
  `${FOLDER}/${tenantId}/${runId}/${name}`;

function artifactOf(name: string, { contentType, metadata }: FileMetadata): ArtifactMetadata {
  const { bytes, digest } = (metadata ?? {}) as Partial<Own>;
  if (bytes === undefined || digest === undefined || !/^\d+$/.test(bytes)) throw corrupt(name);
  return { name, bytes: Number(bytes), digest, mediaType: contentType ?? '' };
}

function corrupt(name: string): AppError {
  return new AppError(
    'store_corrupt',
    `the artifact "${name}" is not what was stored: it was changed, or belongs to another platform's key`,
    { details: { name } },
  );
}
