import { agentScript } from '../observe/agent-script.ts';
import { ElementGone, type FrameRecord } from './frame-record.ts';

export const WORLD = 'rodex';

/** The isolated worlds in which the agent lives, and nodes of a frame's document seen from there. */
export class FrameWorlds {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** The isolated world of a frame's document. The agent is in it since the document began, unless that was before it was armed. */
  context(frame: FrameRecord): number | Promise<number> {
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

  /** Calls a function with a DOM node of a frame as `this`, in the isolated world. */
  async callOn<Result>(
    frame: FrameRecord,
    backendNodeId: number,
    functionDeclaration: string,
  ): Promise<Result> {
    const executionContextId = await this.context(frame);
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
    const contextId = await this.context(frame);
    const { result } = await frame.channel.send<{ result: { objectId?: string } }>(
      'Runtime.evaluate',
      { expression: `globalThis.__rodex.element(${ref})`, contextId },
    );
    if (result.objectId === undefined) throw new ElementGone('the field is gone');
    await frame.channel.send('DOM.setFileInputFiles', { files, objectId: result.objectId });
  }

  /** Looks behind declarative closed shadow roots, which no script can reach. True when one was found among `count` suspects. */
  async revealRoots(frame: FrameRecord, count: number): Promise<boolean> {
    const contextId = await this.context(frame);
    const objectGroup = 'rodex-suspects';
    const found = await Promise.all(
      Array.from({ length: count }, async (_unused, index) => {
        const { result } = await frame.channel.send<{ result: { objectId?: string } }>(
          'Runtime.evaluate',
          { expression: `globalThis.__rodex.suspects()[${index}]`, contextId, objectGroup },
        );
        return this.#closedRootOf(frame, result.objectId);
      }),
    );
    const roots = found.filter((root) => root !== undefined);
    await Promise.all(
      roots.map((root) =>
        this.callOn(frame, root, 'function () { globalThis.__rodex.addRoot(this); }').catch(
          () => undefined,
        ),
      ),
    );
    void frame.channel.send('Runtime.releaseObjectGroup', { objectGroup }).catch(() => undefined);
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
