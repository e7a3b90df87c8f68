import { AppError } from '../../../shared/core/errors.ts';
import { agentScript } from '../observe/agent-script.ts';
import { closedRootsScript, listenersScript } from '../observe/document-start.ts';
import { attachBelow, type CdpChannel } from './cdp-channel.ts';
import { DocumentGone, ElementGone, isGone, type FrameRecord } from './frame-record.ts';
import { FrameWorlds, WORLD } from './frame-worlds.ts';

const CALL_TIMEOUT_MS = 10_000;

/** Counters that a whole session shares, so that no ref is given twice in a run. */
export interface RefCounters {
  /** Next `fN`. */
  frame: number;
  /** Next `eN` of main documents, across tabs. */
  main: number;
}

interface TreeNode {
  frame: { id: string; url: string; loaderId: string; parentId?: string };
  childFrames?: TreeNode[];
}

/** The frames of one page, in this or other processes, each with an isolated world in which the agent lives. */
export class Frames {
  readonly root: CdpChannel;
  readonly worlds: FrameWorlds;
  readonly #key: string;
  readonly #counters: RefCounters;
  readonly #arm: (channel: CdpChannel) => Promise<void>;
  readonly #records = new Map<string, FrameRecord>();
  readonly #channels = new Set<CdpChannel>();
  readonly #arming = new Set<Promise<void>>();
  #main: FrameRecord | undefined;
  #dirty = true;

  /** `arm` sets up what else must hold in each process before its first request. */
  constructor(
    root: CdpChannel,
    key: string,
    counters: RefCounters,
    arm: (channel: CdpChannel) => Promise<void>,
  ) {
    this.root = root;
    this.#key = key;
    this.worlds = new FrameWorlds(key);
    this.#counters = counters;
    this.#arm = arm;
  }

  get main(): FrameRecord {
    if (!this.#main) throw new AppError('internal', 'the page has no main frame yet');
    return this.#main;
  }

  get counters(): RefCounters {
    return this.#counters;
  }

  /** Gives the loader of the main document. */
  async start(): Promise<string> {
    this.#dirty = false;
    const [, tree] = await Promise.all([
      this.#setUp(this.root),
      this.root.send<{ frameTree: TreeNode }>('Page.getFrameTree'),
    ]);
    if (tree.frameTree.childFrames) this.#dirty = true;
    this.#main = this.#record(tree.frameTree.frame.id, this.root, undefined);
    return tree.frameTree.frame.loaderId;
  }

  async #setUp(channel: CdpChannel): Promise<void> {
    this.#channels.add(channel);
    const touch = (): void => {
      this.#dirty = true;
    };
    for (const event of ['Page.frameAttached', 'Page.frameDetached']) channel.on(event, touch);
    channel.on('Page.frameNavigated', (event: { frame: { id: string; parentId?: string } }) => {
      const record = this.#records.get(event.frame.id);
      if (record) {
        record.context = record.opening = undefined;
        // Made while the document loads, so that the first look does not wait for it.
        if (record === this.#main)
          void Promise.resolve(this.worlds.context(record)).catch(() => undefined);
      }
      if (event.frame.parentId !== undefined || this.#records.size > 1) touch();
    });
    await Promise.all([
      channel.send('Page.enable'),
      ...(channel === this.root
        ? []
        : [
            channel.send('Page.addScriptToEvaluateOnNewDocument', {
              source: closedRootsScript(this.#key),
              runImmediately: true,
            }),
          ]),
      channel.send('Page.addScriptToEvaluateOnNewDocument', {
        source: listenersScript(this.#key),
        includeCommandLineAPI: true,
        runImmediately: true,
      }),
      channel.send('Page.addScriptToEvaluateOnNewDocument', {
        source: agentScript(this.#key),
        worldName: WORLD,
        runImmediately: true,
      }),
      attachBelow(
        channel,
        ['iframe'],
        (child) => {
          touch();
          const arming = this.#setUp(child);
          this.#arming.add(arming);
          return arming.finally(() => this.#arming.delete(arming));
        },
        (child) => {
          this.#channels.delete(child);
          touch();
        },
      ),
      this.#arm(channel),
    ]);
  }

  #record(id: string, channel: CdpChannel, parent: FrameRecord | undefined): FrameRecord {
    const known = this.#records.get(id);
    if (known) {
      if (known.channel !== channel) known.context = known.opening = undefined;
      known.channel = channel;
      known.parent = parent ?? known.parent;
      return known;
    }
    const isMain = parent === undefined && channel === this.root;
    const record: FrameRecord = {
      id,
      number: isMain ? 0 : this.#counters.frame++,
      channel,
      parent,
      owner: undefined,
      context: undefined,
      opening: undefined,
      next: 1,
      url: '',
    };
    this.#records.set(id, record);
    return record;
  }

  /** All frames, parents before children. A page whose frames did not change is not asked again. */
  async list(): Promise<FrameRecord[]> {
    if (!this.#dirty) return [...this.#records.values()];
    await Promise.all(this.#arming);
    this.#dirty = false;
    const seen = new Set<string>();
    const visit = (node: TreeNode, channel: CdpChannel, parent: FrameRecord | undefined): void => {
      const record = this.#record(node.frame.id, channel, parent);
      record.url = node.frame.url;
      seen.add(record.id);
      for (const child of node.childFrames ?? []) visit(child, channel, record);
    };
    const trees = await Promise.all(
      Array.from(this.#channels, async (channel) => ({
        channel,
        tree: await channel
          .send<{ frameTree: TreeNode }>('Page.getFrameTree')
          .catch(() => undefined),
      })),
    );
    for (const { channel, tree } of trees) if (tree) visit(tree.frameTree, channel, undefined);
    for (const [id, record] of this.#records)
      if (!seen.has(id) && record !== this.#main) this.#records.delete(id);
    const strangers = [...this.#records.values()].filter(
      (record) => record !== this.#main && record.owner === undefined,
    );
    await Promise.all(
      strangers.map(async (record) => {
        // Its world is opened while its place is looked for.
        Promise.resolve(this.worlds.context(record)).catch(() => undefined);
        await this.#findOwner(record).catch(() => undefined);
      }),
    );
    return [...this.#records.values()];
  }

  byNumber(number: number): FrameRecord | undefined {
    for (const record of this.#records.values()) if (record.number === number) return record;
    return undefined;
  }

  async #findOwner(frame: FrameRecord): Promise<void> {
    const candidates = frame.parent
      ? [frame.parent]
      : [...this.#records.values()].filter(
          (other) => other !== frame && other.channel !== frame.channel,
        );
    for (const parent of candidates) {
      const owner = await parent.channel
        .send<{ backendNodeId: number }>('DOM.getFrameOwner', { frameId: frame.id })
        .catch(() => undefined);
      if (!owner) continue;
      const ref = await this.worlds
        .callOn<number>(
          parent,
          owner.backendNodeId,
          `function () { const $ = globalThis.__rodex; $.next = Math.max($.next, ${this.#next(parent)}); return $.ref(this); }`,
        )
        .catch(() => undefined);
      if (ref === undefined) continue;
      this.#count(parent, ref + 1);
      frame.parent = parent;
      frame.owner = ref;
      return;
    }
  }

  /** The first ref that no document of the frame was given yet. */
  #next(frame: FrameRecord): number {
    return frame.number === 0 ? this.#counters.main : frame.next;
  }

  #count(frame: FrameRecord, next: number): void {
    if (frame.number === 0) this.#counters.main = Math.max(this.#counters.main, next);
    else frame.next = Math.max(frame.next, next);
  }

  /** Calls one of the agent's functions in a frame's document. */
  async call<Result>(
    frame: FrameRecord,
    name: string,
    args: readonly unknown[],
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Result> {
    const list = args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(',');
    for (let attempt = 0; ; attempt += 1) {
      try {
        const contextId = await this.worlds.context(frame);
        const next = this.#next(frame);
        const expression = `(($) => { $.next = Math.max($.next, ${next}); return Promise.resolve($.${name}(${list})).then((v) => ({ v, n: $.next })); })(globalThis.__rodex)`;
        const answer = await deadline(
          frame.channel.send<{
            result: { value: { v: Result; n: number } };
            exceptionDetails?: { exception?: { description?: string }; text: string };
          }>('Runtime.evaluate', {
            expression,
            contextId,
            returnByValue: true,
            awaitPromise: true,
            silent: true,
          }),
          timeoutMs,
        );
        if (!answer.exceptionDetails) {
          this.#count(frame, answer.result.value.n);
          return answer.result.value.v;
        }
        const description =
          answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text;
        if (description.includes('rodex:gone')) throw new ElementGone('the element is gone');
        throw new AppError(
          'internal',
          `the page agent failed in ${name}: ${description.slice(0, 500)}`,
        );
      } catch (error) {
        if (AppError.is(error) || error instanceof ElementGone) throw error;
        const message = (error as Error).message;
        const stale =
          frame.context !== undefined &&
          /Cannot find (default )?(execution )?context/i.test(message);
        frame.context = undefined;
        if (stale && attempt === 0) continue;
        if (isGone(message)) throw new DocumentGone(message);
        throw error;
      }
    }
  }
}

async function deadline<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
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
