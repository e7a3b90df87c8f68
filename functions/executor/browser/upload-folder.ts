import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Files that wait on disk for the browser, which reads them when the page does; gone with the session. */
export class UploadFolder {
  #folder: Promise<string> | undefined;
  #count = 0;

  async put(name: string, content: Uint8Array): Promise<string> {
    const folder = await (this.#folder ??= mkdtemp(join(tmpdir(), 'rodex-upload-')));
    const own = join(folder, String(++this.#count));
    await mkdir(own);
    const path = join(own, basename(name));
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }

  async remove(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
