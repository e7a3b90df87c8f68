import type { Mark } from './ground-truth-marks.ts';

export interface TreeNode {
  readonly key: string;
  readonly parent: string | undefined;
  readonly frame: string;
  readonly listens: boolean;
  readonly mark?: Mark;
}

/** What a person would call one control: often several elements, such as a label with its box. */
export interface GroundUnit {
  readonly members: ReadonlySet<string>;
  readonly inView: boolean;
  readonly words: string;
}

type Box = Mark['box'];
const areaOf = (box: Box): number => Math.max(0, box[2] - box[0]) * Math.max(0, box[3] - box[1]);
const overlap = (one: Box, two: Box): number =>
  areaOf([
    Math.max(one[0], two[0]),
    Math.max(one[1], two[1]),
    Math.min(one[2], two[2]),
    Math.min(one[3], two[3]),
  ]);

interface Candidate {
  readonly mark: Mark;
  readonly listens: boolean;
  readonly strong: boolean;
}

function candidateOf(node: TreeNode): Candidate | undefined {
  const { mark } = node;
  if (!mark?.visible) return undefined;
  const listens = node.listens || mark.inline;
  const strong = mark.native || mark.role !== '' || mark.editable || mark.draggable;
  if (!(strong || mark.focusable || mark.cursor || listens)) return undefined;
  const share = areaOf(mark.box) / mark.viewArea;
  if (!strong && !mark.cursor && listens && share > 0.5) return undefined;
  if (!strong && mark.focusable && !mark.cursor && !listens && share > 0.25) return undefined;
  return { mark, listens, strong };
}

/** Joins candidates that are one control to a person, and tells which of them an element stands for. */
export function unitsOf(
  nodes: ReadonlyMap<string, TreeNode>,
  byId: ReadonlyMap<string, string>,
): { units: GroundUnit[]; reach: (ids: Iterable<string>) => Set<number> } {
  const candidates = new Map<string, Candidate>();
  for (const [key, node] of nodes) {
    const candidate = candidateOf(node);
    if (candidate) candidates.set(key, candidate);
  }
  const ancestor = (key: string): string | undefined => {
    const frame = nodes.get(key)?.frame;
    for (let up = nodes.get(key)?.parent; up !== undefined; up = nodes.get(up)?.parent)
      if (candidates.has(up)) return nodes.get(up)?.frame === frame ? up : undefined;
    return undefined;
  };
  const link = (): { near: Map<string, string>; children: Map<string, number> } => {
    const near = new Map<string, string>();
    const children = new Map<string, number>();
    for (const key of candidates.keys()) {
      const up = ancestor(key);
      if (up === undefined) continue;
      near.set(key, up);
      children.set(up, (children.get(up) ?? 0) + 1);
    }
    return { near, children };
  };
  // Something that only listens around three or more controls delegates for them.
  const before = link();
  for (const [key, { strong, mark }] of candidates)
    if (!strong && !mark.cursor && (before.children.get(key) ?? 0) >= 3) candidates.delete(key);
  const { near, children } = link();
  const leader = new Map([...candidates.keys()].map((key) => [key, key]));
  const find = (key: string): string => {
    let at = key;
    for (let up = leader.get(at); up !== undefined && up !== at; up = leader.get(at)) at = up;
    return at;
  };
  const join = (one: string, two: string): void => void leader.set(find(one), find(two));
  for (const [key, up] of near) {
    const inner = candidates.get(key);
    const outer = candidates.get(up);
    if (!inner || !outer) continue;
    const alone = children.get(up) === 1;
    const covers = overlap(inner.mark.box, outer.mark.box) >= 0.6 * areaOf(outer.mark.box);
    const onlyCursor = !inner.strong && !inner.listens && !inner.mark.focusable;
    const onlyAround = !outer.strong && !outer.listens && alone;
    const wraps =
      alone &&
      !outer.strong &&
      inner.mark.native &&
      areaOf(outer.mark.box) < 4 * areaOf(inner.mark.box);
    if (covers || onlyCursor || onlyAround || wraps) join(key, up);
  }
  for (const [key, { mark }] of candidates) {
    if (mark.tag !== 'label') continue;
    const control = byId.get(mark.labelFor);
    if (control !== undefined && candidates.has(control)) join(key, control);
  }
  const groups = new Map<string, string[]>();
  for (const key of candidates.keys()) {
    const group = groups.get(find(key));
    if (group) group.push(key);
    else groups.set(find(key), [key]);
  }
  const units = [...groups.values()].map((members): GroundUnit => {
    const marks = members.map((key) => candidates.get(key)?.mark);
    const [first] = marks;
    return {
      members: new Set(members),
      inView: marks.some((mark) => mark?.inView === true),
      words: `${first?.tag ?? ''} "${first?.text ?? ''}"`,
    };
  });
  return { units, reach: reacher(units, nodes, byId) };
}

function reacher(
  units: readonly GroundUnit[],
  nodes: ReadonlyMap<string, TreeNode>,
  byId: ReadonlyMap<string, string>,
): (ids: Iterable<string>) => Set<number> {
  const unitOf = new Map<string, number>();
  units.forEach((unit, index) => {
    for (const key of unit.members) unitOf.set(key, index);
  });
  const placeOf = (node: TreeNode | undefined): string =>
    `${node?.frame}:${node?.mark?.box.map((side) => Math.round(side / 4)).join() ?? ''}`;
  const byPlace = new Map<string, number[]>();
  for (const [key, index] of unitOf) {
    const place = placeOf(nodes.get(key));
    byPlace.set(place, [...(byPlace.get(place) ?? []), index]);
  }
  return (ids) => {
    const reached = new Set<number>();
    for (const id of ids) {
      const key = byId.get(id);
      const node = key === undefined ? undefined : nodes.get(key);
      if (key === undefined || !node) continue;
      for (let up: string | undefined = key; up !== undefined; up = nodes.get(up)?.parent) {
        if (nodes.get(up)?.frame !== node.frame) break;
        const unit = unitOf.get(up);
        if (unit === undefined) continue;
        reached.add(unit);
        break;
      }
      if (node.mark) for (const unit of byPlace.get(placeOf(node)) ?? []) reached.add(unit);
      const control = unitOf.get(byId.get(node.mark?.labelFor ?? '') ?? '');
      if (control !== undefined) reached.add(control);
    }
    return reached;
  };
}
