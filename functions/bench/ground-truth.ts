import type { CDPSession, Page } from 'playwright-core';

import { markElements, type Mark } from './ground-truth-marks.ts';
import { unitsOf, type GroundUnit, type TreeNode } from './ground-truth-units.ts';

const POINTER =
  /^(click|dblclick|mousedown|mouseup|pointerdown|pointerup|touchstart|touchend|contextmenu|dragstart|auxclick)$/;

interface ProtocolNode {
  nodeType: number;
  nodeName: string;
  backendNodeId: number;
  attributes?: string[];
  children?: ProtocolNode[];
  shadowRoots?: ProtocolNode[];
  shadowRootType?: string;
  contentDocument?: ProtocolNode;
}

/** Which operable units a page has, and which of them a set of elements (by their mark) reaches. */
export interface GroundTruth {
  readonly units: readonly GroundUnit[];
  /** Indexes of the units that these marked elements stand for. */
  reached(ids: Iterable<string>): Set<number>;
  /** Runs an expression in every isolated world of that name, of all frames. */
  inWorlds<Result>(name: RegExp, expression: string): Promise<Result[]>;
  close(): Promise<void>;
}

interface World {
  readonly session: CDPSession;
  readonly id: number;
  readonly name: string;
}

/** One session for each process of the page. */
async function sessionsOf(page: Page): Promise<CDPSession[]> {
  const sessions = [await page.context().newCDPSession(page)];
  for (const frame of page.frames().slice(1)) {
    const own = await page
      .context()
      .newCDPSession(frame)
      .catch(() => undefined);
    if (own) sessions.push(own);
  }
  return sessions;
}

function rootsOf(node: ProtocolNode): number[] {
  if (node.shadowRootType === 'user-agent') return [];
  const isRoot = node.nodeName === '#document' || node.shadowRootType !== undefined;
  const inner = [
    ...(node.children ?? []),
    ...(node.shadowRoots ?? []),
    ...(node.contentDocument ? [node.contentDocument] : []),
  ].flatMap(rootsOf);
  return isRoot ? [node.backendNodeId, ...inner] : inner;
}

async function documentOf(session: CDPSession): Promise<ProtocolNode> {
  await session.send('DOM.disable').catch(() => undefined);
  await session.send('DOM.enable');
  const { root } = await session.send('DOM.getDocument', { depth: -1, pierce: true });
  return root;
}

/** Marks the elements of one process; gives the marks and the nodes that have listeners. */
async function mark(
  session: CDPSession,
  prefix: string,
): Promise<{ marks: Mark[]; heard: Set<number> }> {
  const marks: Mark[] = [];
  const heard = new Set<number>();
  let next = 0;
  for (const backendNodeId of rootsOf(await documentOf(session))) {
    const { object } = await session.send('DOM.resolveNode', { backendNodeId });
    const objectId = object.objectId ?? '';
    const { result } = await session.send('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: `function (prefix, start) { return (${markElements.toString()})(this, prefix, start); }`,
      arguments: [{ value: prefix }, { value: next }],
      returnByValue: true,
    });
    const answer = result.value as ReturnType<typeof markElements>;
    next = answer.next;
    marks.push(...answer.marks);
    const { listeners } = await session.send('DOMDebugger.getEventListeners', {
      objectId,
      depth: -1,
      pierce: true,
    });
    for (const { type, backendNodeId: node } of listeners)
      if (POINTER.test(type) && node !== undefined) heard.add(node);
  }
  return { marks, heard };
}

export async function groundTruthOf(page: Page): Promise<GroundTruth> {
  const sessions = await sessionsOf(page);
  const worlds: World[] = [];
  const nodes = new Map<string, TreeNode>();
  const byId = new Map<string, string>();
  for (const [index, session] of sessions.entries()) {
    session.on('Runtime.executionContextCreated', ({ context }) =>
      worlds.push({ session, id: context.id, name: context.name }),
    );
    await session.send('Runtime.enable');
    const { marks, heard } = await mark(session, `s${index}_`);
    const known = new Map(marks.map((each) => [each.id, each]));
    const visit = (node: ProtocolNode, parent: string | undefined, frame: string): void => {
      const key = `${index}:${node.backendNodeId}`;
      const attributes = node.attributes ?? [];
      const at = attributes.findIndex((name, place) => place % 2 === 0 && name === 'data-nid');
      const id = at >= 0 ? attributes[at + 1] : undefined;
      const found = id === undefined ? undefined : known.get(id);
      const listens = heard.has(node.backendNodeId);
      nodes.set(key, { key, parent, frame, listens, ...(found && { mark: found }) });
      if (id !== undefined) byId.set(id, key);
      if (node.shadowRootType === 'user-agent') return;
      for (const child of [...(node.children ?? []), ...(node.shadowRoots ?? [])])
        visit(child, key, frame);
      if (node.contentDocument) visit(node.contentDocument, key, `${frame}/${key}`);
    };
    visit(await documentOf(session), undefined, String(index));
  }
  const { units, reach } = unitsOf(nodes, byId);
  return {
    units,
    reached: (ids) => reach(ids),
    inWorlds: async <Result>(name: RegExp, expression: string) => {
      const found: Result[] = [];
      for (const world of worlds) {
        if (!name.test(world.name)) continue;
        const answer = await world.session
          .send('Runtime.evaluate', { contextId: world.id, expression, returnByValue: true })
          .catch(() => undefined);
        const value: unknown = answer?.result.value;
        if (value !== undefined && value !== null) found.push(value as Result);
      }
      return found;
    },
    close: async () => {
      for (const session of sessions) await session.detach().catch(() => undefined);
    },
  };
}
