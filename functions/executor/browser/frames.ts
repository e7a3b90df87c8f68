import { AppError } from '../../../shared/core/errors.ts';
import { agentScript } from '../observe/agent-script.ts';
import { closedRootsScript, listenersScript } from '../observe/document-start.ts';
import { attachBelow, type CdpChannel } from './cdp-channel.ts';

const WORLD = 'rodex';
const CALL_TIMEOUT_MS = 10_000;

/** Counters that a whole session shares, so that no ref is given twice in a run. */
export interface RefCounters {
  /** Next `fN`. */
  frame: number;
  /** Next `eN` of main documents, across tabs. */
  main: number;
}

export interface FrameRecord {
  readonly id: string;
  /** 0 for the main frame, else N of `fN`. */
  readonly number: number;
  channel: CdpChannel;
  parent: FrameRecord | undefined;
  /** Ref of the frame element in the parent's document. */
  owner: number | undefined;
  context: number | undefined;
  /** The world that is being made. */
  opening: Promise<number> | undefined;
  next: number;
  url: string;
}

/** The document that was spoken to is gone. */
export class DocumentGone extends Error {}
/** The element that was spoken of is gone. */
export class ElementGone extends Error {}

interface TreeNode {
  frame: { id: string; url: string; loaderId: string; parentId?: string };
  childFrames?: TreeNode[];
}

const isGone = (message: string): boolean =>
  /context|navigated or closed|Target closed|No frame|not found|detached|Session closed|has been closed/i.test(
    message,
  );

/** The frames of one page, in this or other processes, each with an isolated world in which the agent lives. */
export class Frames {
  readonly root: CdpChannel;
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
    const [, tree] = await Promise.all([
      this.#setUp(this.root),
      this.root.send<{ frameTree: TreeNode }>('Page.getFrameTree'),
    ]);
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
          void Promise.resolve(this.#context(record)).catch(() => undefined);
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
    for (const channel of this.#channels) {
      const tree = await channel
        .send<{ frameTree: TreeNode }>('Page.getFrameTree')
        .catch(() => undefined);
      if (tree) visit(tree.frameTree, channel, undefined);
    }
    for (const [id, record] of this.#records)
      if (!seen.has(id) && record !== this.#main) this.#records.delete(id);
    for (const record of this.#records.values())
      if (record !== this.#main && record.owner === undefined)
        await this.#findOwner(record).catch(() => undefined);
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
      const ref = await this.callOn<number>(
        parent,
        owner.backendNodeId,
        'function () { return globalThis.__rodex.ref(this); }',
      ).catch(() => undefined);
      if (ref === undefined) continue;
      this.#count(parent, ref + 1);
      frame.parent = parent;
      frame.owner = ref;
      return;
    }
  }

  #count(frame: FrameRecord, next: number): void {
    if (frame.number === 0) this.#counters.main = Math.max(this.#counters.main, next);
    else frame.next = Math.max(frame.next, next);
  }

  /** The isolated world of a frame's document. The agent is in it since the document began, unless that was before it was armed. */
  #context(frame: FrameRecord): number | Promise<number> {
    if (frame.context !== undefined) return frame.context;
    const opening = (frame.opening ??= this.#open(frame).then(
      (context) => {
        if (frame.opening === opening) {
          frame.context = context;
          frame.opening = undefined;
        }
        return context;
      },
      (error: unknown) => {
        if (frame.opening === opening) frame.opening = undefined;
        throw error;
      },
    ));
    return opening;
  }

  async #open(frame: FrameRecord): Promise<number> {
    const { executionContextId: contextId } = await frame.channel.send<{
      executionContextId: number;
    }>('Page.createIsolatedWorld', { frameId: frame.id, worldName: WORLD });
    const { result } = await frame.channel.send<{ result: { value?: boolean } }>(
      'Runtime.evaluate',
      { expression: 'Boolean(globalThis.__rodex)', contextId, returnByValue: true },
    );
    if (result.value !== true)
      await frame.channel.send('Runtime.evaluate', {
        expression: agentScript(this.#key),
        contextId,
        silent: true,
      });
    return contextId;
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
        const contextId = await this.#context(frame);
        const next = frame.number === 0 ? this.#counters.main : frame.next;
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

  /** Calls a function with a DOM node of a frame as `this`, in the isolated world. */
  async callOn<Result>(
    frame: FrameRecord,
    backendNodeId: number,
    functionDeclaration: string,
  ): Promise<Result> {
    const executionContextId = await this.#context(frame);
    const { object } = await frame.channel.send<{ object: { objectId: string } }>(
      'DOM.resolveNode',
      { backendNodeId, executionContextId },
    );
    const answer = await frame.channel.send<{ result: { value: Result } }>(
      'Runtime.callFunctionOn',
      { objectId: object.objectId, functionDeclaration, returnByValue: true },
    );
    return answer.result.value;
  }

  /** Puts files of this machine into a file field, as a person's choice would. */
  async setFiles(frame: FrameRecord, ref: number, files: readonly string[]): Promise<void> {
    const contextId = await this.#context(frame);
    const { result } = await frame.channel.send<{ result: { objectId?: string } }>(
      'Runtime.evaluate',
      { expression: `globalThis.__rodex.element(${ref})`, contextId },
    );
    if (result.objectId === undefined) throw new ElementGone('the field is gone');
    await frame.channel.send('DOM.setFileInputFiles', { files, objectId: result.objectId });
  }

  /** Looks behind declarative closed shadow roots, which no script can reach. True when one was found. */
  async revealRoots(frame: FrameRecord): Promise<boolean> {
    const contextId = await this.#context(frame);
    const list = await frame.channel.send<{ result: { objectId?: string } }>('Runtime.evaluate', {
      expression: 'globalThis.__rodex.suspects()',
      contextId,
    });
    if (list.result.objectId === undefined) return false;
    const { result } = await frame.channel.send<{
      result: { name: string; value?: { objectId?: string } }[];
    }>('Runtime.getProperties', { objectId: list.result.objectId, ownProperties: true });
    const ids = result
      .filter((entry) => /^\d+$/.test(entry.name))
      .map((entry) => entry.value?.objectId);
    const found = await Promise.all(ids.map((objectId) => this.#closedRootOf(frame, objectId)));
    const roots = found.filter((root) => root !== undefined);
    await Promise.all(
      roots.map((root) =>
        this.callOn(frame, root, 'function () { globalThis.__rodex.addRoot(this); }').catch(
          () => undefined,
        ),
      ),
    );
    void frame.channel
      .send('Runtime.releaseObject', { objectId: list.result.objectId })
      .catch(() => undefined);
    return roots.length > 0;
  }

  async #closedRootOf(
    frame: FrameRecord,
    objectId: string | undefined,
  ): Promise<number | undefined> {
    if (objectId === undefined) return undefined;
    const described = await frame.channel
      .send<{ node: { shadowRoots?: { backendNodeId: number; shadowRootType?: string }[] } }>(
        'DOM.describeNode',
        { objectId, depth: 0 },
      )
      .catch(() => undefined);
    return described?.node.shadowRoots?.find((root) => root.shadowRootType === 'closed')
      ?.backendNodeId;
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
