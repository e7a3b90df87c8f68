import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BrowserContext, BrowserContextOptions } from 'playwright-core';

import type { Action } from '../../../shared/contracts/action.ts';
import type { TracePart } from '../../../shared/contracts/browser-options.ts';
import type { TraceFile } from '../browser-session.ts';
import { screencastPage } from './screencast-page.ts';
import { Screencast } from './screencast.ts';
import type { Tab } from './tab.ts';

/** Bodies make a HAR large; without them it still tells what was asked and answered. */
const MAX_HAR_BYTES = 40 * 1024 * 1024;
const SNAPSHOT_MS = 1_000;

const TELLING = [
  'op',
  'from',
  'to',
  'target',
  'url',
  'text',
  'keys',
  'values',
  'files',
  'artifact',
];

/** An act in a line, as recordings name it. */
export function titleOf(action: Action): string {
  const given = new Map<string, unknown>(Object.entries(action));
  const what = TELLING.flatMap((name) => given.get(name) ?? []).map(String);
  const why = action.why === '' ? [] : [`(${action.why})`];
  return [action.action, ...what, ...why].join(' ').replace(/\s+/g, ' ').slice(0, 200);
}

/** What is recorded of one context, until it is closed. */
export class ContextTrace {
  readonly #parts: ReadonlySet<TracePart>;
  readonly #folder: string;
  #context: BrowserContext | undefined;
  #screencast: Screencast | undefined;

  private constructor(parts: ReadonlySet<TracePart>, folder: string) {
    this.#parts = parts;
    this.#folder = folder;
  }

  /** Undefined when a browser has nothing to record. */
  static async prepare(parts: readonly TracePart[] | undefined): Promise<ContextTrace | undefined> {
    const wanted = new Set(parts?.filter((part) => part !== 'actions'));
    if (wanted.size === 0) return undefined;
    return new ContextTrace(wanted, await mkdtemp(join(tmpdir(), 'rodex-trace-')));
  }

  get contextOptions(): BrowserContextOptions {
    if (!this.#parts.has('har')) return {};
    return { recordHar: { path: this.#harPath, content: 'embed', mode: 'full' } };
  }

  get #harPath(): string {
    return join(this.#folder, 'trace.har');
  }

  async start(context: BrowserContext): Promise<void> {
    this.#context = context;
    if (this.#parts.has('screencast')) this.#screencast = new Screencast(context);
    if (this.#parts.has('playwright'))
      await context.tracing.start({ screenshots: true, snapshots: true });
  }

  /** Marks in the recordings that an act begins; gives what marks its end. */
  async begin(title: string, tab: Tab): Promise<(outcome: string) => Promise<void>> {
    this.#screencast?.say(title);
    const { tracing } = this.#context ?? {};
    if (!tracing || !this.#parts.has('playwright')) return async () => undefined;
    await tracing.group(title).catch(() => undefined);
    return async (outcome) => {
      if (outcome !== 'done') this.#screencast?.say(`${title}: ${outcome}`);
      // Our input goes past Playwright, which takes its snapshots at its own calls only.
      const nothing = tab.dialog ? undefined : tab.page.evaluate('0').catch(() => undefined);
      await Promise.race([nothing, tab.until(() => tab.dialog !== undefined, SNAPSHOT_MS)]);
      await tracing.groupEnd().catch(() => undefined);
    };
  }

  /** Closes the context, which completes the recordings, and gives them. What a lost browser took with it is missing. */
  async finish(): Promise<TraceFile[]> {
    const context = this.#context;
    const files: TraceFile[] = [];
    const zip = join(this.#folder, 'trace.zip');
    try {
      const cast = await this.#screencast?.stop();
      if (this.#parts.has('playwright'))
        await context?.tracing.stop({ path: zip }).catch(() => undefined);
      await context?.close().catch(() => undefined);
      if (this.#parts.has('playwright'))
        files.push(...(await fileAt(zip, 'trace.zip', 'application/zip')));
      if (this.#parts.has('har'))
        files.push(...slim(await fileAt(this.#harPath, 'trace.har', 'application/json')));
      if (cast && cast.frames.length > 0)
        files.push({
          name: 'screencast.html',
          mediaType: 'text/html',
          content: new TextEncoder().encode(screencastPage(cast.frames, cast.captions)),
        });
      return files;
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function fileAt(path: string, name: string, mediaType: string): Promise<TraceFile[]> {
  const content = await readFile(path).catch(() => undefined);
  return content ? [{ name, mediaType, content }] : [];
}

/** A HAR that is too large is kept without the bodies of its answers. */
function slim(files: readonly TraceFile[]): TraceFile[] {
  return files.map((file) => {
    if (file.content.length <= MAX_HAR_BYTES) return file;
    const har = JSON.parse(new TextDecoder().decode(file.content)) as {
      log: { entries: { response: { content: { text?: string; comment?: string } } }[] };
    };
    for (const { response } of har.log.entries) {
      delete response.content.text;
      response.content.comment = 'left out: the recording was too large';
    }
    return { ...file, content: new TextEncoder().encode(JSON.stringify(har)) };
  });
}
