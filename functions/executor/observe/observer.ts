import type { Observation } from '../../../shared/contracts/observation.ts';
import { digestOf } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { maskText } from '../../../shared/policy/masking.ts';
import { DocumentGone, type FrameRecord } from '../browser/frame-record.ts';
import type { Tab } from '../browser/tab.ts';
import type { WalkResult } from './agent.ts';
import { bodyText, headerText, notesOf, type FrameView, type Header } from './observation-text.ts';

const DEFAULT_BUDGET = 16_000;
/** A walk by the usual budget, and one that was asked for more. */
const WALK_MS = 1_500;
const LONG_WALK_MS = 4_500;
const LOOK_MS = 6_000;
const STOP_MS = 1_000;

export interface ObserveOptions {
  readonly kind?: 'full' | 'diff';
  readonly budgetChars?: number;
  readonly signal?: AbortSignal;
}

type Surroundings = Pick<Header, 'tabs' | 'downloads'> & { masks: readonly string[] };

export async function withinMs<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  work.catch(() => undefined);
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () =>
            reject(
              new AppError('action_timeout', 'the page does not respond', { retryable: true }),
            ),
          ms,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sees a tab: walks its frames and writes the observation. Keeps the last one for when the page cannot be asked. */
export class Observer {
  readonly #tab: Tab;
  #last: { documentId: string; body: string; view: WalkResult['view'] } | undefined;
  #revealed = new Map<number, string>();
  /** Observations in a row that the page did not answer. */
  #unanswered = 0;

  constructor(tab: Tab) {
    this.#tab = tab;
  }

  async observe(options: ObserveOptions, around: Surroundings): Promise<Observation> {
    const start = performance.now();
    const tab = this.#tab;
    if (tab.dialog) return this.#known(around, [], start);
    try {
      const views = await tab.orDialog(withinMs(LOOK_MS, this.#look(options, around.masks)));
      if (!views) return this.#known(around, [], start);
      this.#unanswered = 0;
      return this.#write(views, options, around, start);
    } catch (error) {
      if (AppError.is(error, 'action_timeout')) {
        const stopped = await this.#stopScripts();
        const note = stopped ? '; what its script was doing was stopped' : '';
        return this.#known(
          around,
          [`page not responding${note}; this is what was last known`],
          start,
        );
      }
      throw error;
    }
  }

  /** A page that twice in a row did not answer is in a loop that it does not leave. Nothing is under way while it is looked at. */
  async #stopScripts(): Promise<boolean> {
    this.#unanswered += 1;
    if (this.#unanswered < 2 || this.#tab.acting) return false;
    this.#unanswered = 0;
    try {
      await withinMs(STOP_MS, this.#tab.channel.send('Runtime.terminateExecution'));
      return true;
    } catch {
      // A page that is busy with something other than a script, such as its layout.
      return false;
    }
  }

  async #look(options: ObserveOptions, masks: readonly string[]): Promise<FrameView[]> {
    for (let attempt = 0; ; attempt += 1) {
      const documentId = this.#tab.documentId;
      try {
        const views = await this.#walkAll(options, masks);
        if (this.#tab.documentId === documentId || attempt >= 3) return views;
      } catch (error) {
        if (!(error instanceof DocumentGone) || attempt >= 3) throw error;
        await this.#tab.until(
          () => !this.#tab.navigating && this.#tab.domReady,
          5_000,
          options.signal,
        );
      }
    }
  }

  async #walkAll(options: ObserveOptions, masks: readonly string[]): Promise<FrameView[]> {
    const { frames } = this.#tab;
    const budget = options.budgetChars ?? DEFAULT_BUDGET;
    const list = await frames.list();
    const inner = list.filter((frame) => frame.number !== 0 && frame.owner !== undefined);
    const share = inner.length > 0 ? Math.max(1_000, Math.floor(budget / 2 / inner.length)) : 0;
    const diff = options.kind === 'diff' && this.#last?.documentId === this.#tab.documentId;
    const walks = await Promise.all(
      inner.map((frame) => this.#walk(frame, share, diff, masks).catch(() => undefined)),
    );
    const views: FrameView[] = [];
    let left = budget;
    inner.forEach((frame, index) => {
      const walk = walks[index];
      if (!walk) return;
      const length = walk.lines.reduce((sum, line) => sum + line.text.length + 3, 0);
      if (length > left - 2_000) return;
      left -= length;
      views.push({ number: frame.number, parent: frame.parent?.number, owner: frame.owner, walk });
    });
    const main = await this.#walk(frames.main, left, diff, masks);
    return [{ number: 0, parent: undefined, owner: undefined, walk: main }, ...views];
  }

  async #walk(
    frame: FrameRecord,
    budget: number,
    diff: boolean,
    masks: readonly string[],
  ): Promise<WalkResult> {
    const { frames, documentId } = this.#tab;
    const prefix = frame.number === 0 ? '' : `f${frame.number}`;
    const document = `${documentId}${frame.context}`;
    const isNew = this.#revealed.get(frame.number) !== document;
    const timeMs = budget > 4 * DEFAULT_BUDGET ? LONG_WALK_MS : WALK_MS;
    const look = (suspect: boolean): Promise<WalkResult> =>
      frames.call<WalkResult>(frame, 'observe', [{ budget, prefix, masks, timeMs, diff, suspect }]);
    const seen = await look(isNew);
    if (!isNew) return seen;
    this.#revealed.set(frame.number, `${documentId}${frame.context}`);
    if (
      seen.suspects === 0 ||
      !(await frames.worlds.revealRoots(frame, seen.suspects).catch(() => false))
    )
      return seen;
    return look(false);
  }

  #write(
    views: FrameView[],
    options: ObserveOptions,
    around: Surroundings,
    start: number,
  ): Observation {
    const main = views.find((view) => view.number === 0);
    const kind = options.kind === 'diff' && main?.walk.diff ? 'diff' : 'full';
    const body = bodyText(views, kind);
    const shown = views.filter((view) => view.number === 0 || view.owner !== undefined);
    const notes = notesOf(shown);
    const view = main?.walk.view;
    if (main) this.#tab.title = main.walk.title;
    if (view)
      this.#last = {
        documentId: this.#tab.documentId,
        body: kind === 'full' ? body.text : (this.#last?.body ?? ''),
        view,
      };
    const truncated = notes.some((note) => !note.startsWith('nothing'));
    return this.#finish(
      kind,
      body.text,
      body.refs,
      truncated,
      { ...around, notes, ...(view && { view }) },
      around.masks,
      start,
    );
  }

  #known(around: Surroundings, notes: readonly string[], start: number): Observation {
    const last = this.#last?.documentId === this.#tab.documentId ? this.#last : undefined;
    const { dialog } = this.#tab;
    const header = {
      ...around,
      notes,
      ...(last && { view: last.view }),
      ...(dialog && { dialog: `${dialog.type()} ${dialog.message()}` }),
    };
    return this.#finish(
      'full',
      last?.body ?? '',
      (last?.body.match(/(?<!\\)\[(f\d+)?e\d+ /g) ?? []).length,
      notes.length > 0,
      header,
      around.masks,
      start,
    );
  }

  #finish(
    kind: 'full' | 'diff',
    body: string,
    refs: number,
    truncated: boolean,
    header: Omit<Header, 'url' | 'title'>,
    masks: readonly string[],
    start: number,
  ): Observation {
    const tab = this.#tab;
    const url = tab.page.url();
    const tabs = header.tabs.map((each) => (each.current ? { ...each, title: tab.title } : each));
    const text = maskText(headerText({ ...header, tabs, url, title: tab.title }) + body, masks);
    return {
      schemaVersion: 1,
      grammar: 'rodex-observation/1',
      kind,
      text,
      digest: digestOf(text),
      url: maskText(url, masks),
      title: maskText(tab.title, masks),
      documentId: tab.documentId,
      tabId: tab.id,
      refs,
      truncated,
      ms: Math.round((performance.now() - start) * 10) / 10,
    };
  }
}
