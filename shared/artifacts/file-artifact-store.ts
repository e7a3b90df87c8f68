import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import {
  fileError,
  makePrivateFolder,
  syncFolder,
  writeFileDurably,
} from '../core/durable-file.ts';
import { AppError } from '../core/errors.ts';
import { MasterKey } from '../core/master-key.ts';
import type { Encryption, WrittenContent } from './artifact-content.ts';
import { readContent, writeContent } from './artifact-content.ts';
import { checkName, checkRun } from './artifact-rules.ts';
import type { ArtifactMetadata, ArtifactStore } from './artifact-store.ts';

export interface FileArtifactStoreOptions {
  readonly dir: string;
  /** The platform's master key; made when it does not exist. Encrypted content needs it ever after. */
  readonly keyFile: string;
}

/** The sidecar; its rename is what stores the artifact. `file` is the content beside it. */
const Sidecar = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  bytes: z.int().min(0),
  digest: z.string(),
  mediaType: z.string(),
  file: z.string().regex(/^[0-9a-f]{32}$/),
  sealing: z.strictObject({ nonce: z.base64(), tag: z.base64() }).optional(),
});
type Sidecar = z.infer<typeof Sidecar>;

const SIDECAR = '.json';
/** A replaced artifact's old content goes away under a reader who then finds the new one. */
const READ_ATTEMPTS = 5;

/** Artifacts as files: `dir/{tenant}/{run}/names/{name}.json` points into `…/content/`. */
export function openFileArtifactStore(options: FileArtifactStoreOptions): ArtifactStore {
  return new FileArtifactStore(options);
}

class FileArtifactStore implements ArtifactStore {
  readonly #dir: string;
  readonly #key: Uint8Array;

  constructor({ dir, keyFile }: FileArtifactStoreOptions) {
    this.#dir = dir;
    this.#key = MasterKey.open(keyFile, { mayCreate: true }).derive('artifacts v1');
  }

  async put(
    tenantId: string,
    runId: string,
    name: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: { mediaType: string; encrypted?: boolean; maxBytes?: number },
  ): Promise<ArtifactMetadata> {
    const place = this.#place(tenantId, runId);
    checkName(name);
    const sidecar = join(place.names, name + SIDECAR);
    const file = randomBytes(16).toString('hex');
    const path = join(place.content, file);
    const encryption = options.encrypted ? this.#encryption(tenantId, runId, name) : undefined;
    try {
      await makePrivateFolder(place.content);
      await makePrivateFolder(place.names);
      const written = await writeContent(path, content, { maxBytes: options.maxBytes, encryption });
      const before = await this.#read(sidecar).catch(() => undefined);
      const metadata: ArtifactMetadata = {
        name,
        bytes: written.bytes,
        digest: written.digest,
        mediaType: options.mediaType,
      };
      await this.#point(sidecar, place.content, { ...metadata, file, written });
      if (before) await rm(join(place.content, before.file), { force: true });
      return metadata;
    } catch (error) {
      throw fileError(error, sidecar);
    }
  }

  async get(
    tenantId: string,
    runId: string,
    name: string,
  ): Promise<{ metadata: ArtifactMetadata; content: Uint8Array }> {
    const place = this.#place(tenantId, runId);
    checkName(name);
    const path = join(place.names, name + SIDECAR);
    const encryption = this.#encryption(tenantId, runId, name);
    for (let attempt = 1; ; attempt += 1) {
      const sidecar = await this.#read(path);
      if (!sidecar) throw new AppError('not_found', `run ${runId} has no artifact "${name}"`);
      if (sidecar.name !== name) throw corrupt(path);
      const { bytes, digest, sealing } = sidecar;
      try {
        const file = join(place.content, sidecar.file);
        const content = await readContent(file, { bytes, digest, sealing }, encryption);
        if (!content) throw corrupt(file);
        return { metadata: metadataOf(sidecar), content };
      } catch (error) {
        if (!isMissing(error)) throw fileError(error, path);
        if (attempt >= READ_ATTEMPTS) throw corrupt(path);
      }
    }
  }

  async list(tenantId: string, runId: string): Promise<readonly ArtifactMetadata[]> {
    const { names } = this.#place(tenantId, runId);
    const files = await readdir(names).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw fileError(error, names);
    });
    const found: ArtifactMetadata[] = [];
    for (const file of files) {
      // Temporary files of writers at work have no sidecar's name.
      const sidecar = file.endsWith(SIDECAR) ? await this.#read(join(names, file)) : undefined;
      if (sidecar) found.push(metadataOf(sidecar));
    }
    return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async removeRun(tenantId: string, runId: string): Promise<void> {
    const { names } = this.#place(tenantId, runId);
    try {
      await rm(dirname(names), { recursive: true, force: true });
    } catch (error) {
      throw fileError(error, names);
    }
  }

  async link(tenantId: string, runId: string, name: string): Promise<undefined> {
    checkName(name);
    const path = join(this.#place(tenantId, runId).names, name + SIDECAR);
    if (!(await this.#read(path)))
      throw new AppError('not_found', `run ${runId} has no artifact "${name}"`);
    return undefined;
  }

  async #point(
    path: string,
    content: string,
    { written, ...rest }: ArtifactMetadata & { file: string; written: WrittenContent },
  ): Promise<void> {
    const { sealing } = written;
    const sidecar: Sidecar = { schemaVersion: 1, ...rest, ...(sealing && { sealing }) };
    try {
      await syncFolder(content);
      await writeFileDurably(path, JSON.stringify(sidecar));
    } catch (error) {
      await rm(join(content, rest.file), { force: true });
      throw error;
    }
  }

  async #read(path: string): Promise<Sidecar | undefined> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw fileError(error, path);
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw corrupt(path);
    }
    const parsed = Sidecar.safeParse(json);
    if (!parsed.success) throw corrupt(path);
    return parsed.data;
  }

  #place(tenantId: string, runId: string): { names: string; content: string } {
    checkRun(tenantId, runId);
    const run = join(this.#dir, tenantId, runId);
    return { names: join(run, 'names'), content: join(run, 'content') };
  }

  #encryption(tenantId: string, runId: string, name: string): Encryption {
    return { key: this.#key, place: JSON.stringify([tenantId, runId, name]) };
  }
}

function metadataOf({ name, bytes, digest, mediaType }: Sidecar): ArtifactMetadata {
  return { name, bytes, digest, mediaType };
}

function corrupt(path: string): AppError {
  return new AppError(
    'store_corrupt',
    `the artifact in ${path} is not what was stored: it was changed, or belongs to another master key`,
    { details: { file: path } },
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
