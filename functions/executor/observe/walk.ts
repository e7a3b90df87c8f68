/// <reference lib="dom" />
import type { Agent, Clip, Line, Unit } from './agent.ts';

/**
 * One walk over the flat tree of a document that gives the lines of its content. Off the view it goes only as far as the budget would
 * show, and counts the rest. Runs in the isolated world; must not use anything from outside the function.
 */
export function installWalk(agent: Agent): void {
  const SKIP = new Set([
    'script',
    'style',
    'template',
    'noscript',
    'head',
    'meta',
    'link',
    'title',
    'base',
    'datalist',
  ]);
  const BLOCK =
    /^(block|flex|grid|table|list-item|table-row|flow-root|table-row-group|table-caption|table-header-group|table-footer-group)/;
  const LEAF = /^(input|select|textarea|canvas|audio|video|iframe|frame)$/;
  const COUNTED =
    'a[*|href],button,input:not([type=hidden]),select,textarea,summary,[role],[tabindex],[contenteditable]';
  const ABOVE = 0;
  const VIEW = 1;
  const BELOW = 2;
  /** Elements in one another that a walk follows in one go. */
  const DEEPEST = 300;

  const { shape } = agent;
  const keys = new WeakMap<Node, number>();
  let nextKey = 1;

  let lines: Line[] = [];
  let text = '';
  let textKey: Node | null = null;
  let textZone = BELOW;
  let textUnits: Unit[] = [];
  let name: string | null = null;
  let inner: Unit[] = [];
  let visited = new WeakSet<Element>();
  let elements = 0;
  let limit = Infinity;
  let timedOut = false;
  let cutTexts = 0;
  let above = 0;
  let below = 0;
  let belowChars = 0;
  let budget = Infinity;
  let pruned = 0;
  let inRow = false;
  let whole: Clip = [0, 0, 0, 0];
  let large = false;
  let farAbove = 0;
  let depth = 0;
  let deep: (() => void)[] = [];

  const flush = (): void => {
    const line = text.replace(/ +/g, ' ').trim();
    if (textKey && !/^[-|\s]*$/.test(line)) {
      let key = keys.get(textKey);
      if (key === undefined) keys.set(textKey, (key = nextKey++));
      lines.push({ key: String(key), text: line, zone: textZone, units: textUnits });
      if (textZone === BELOW) belowChars += line.length;
    }
    text = '';
    textKey = null;
    textZone = BELOW;
    textUnits = [];
  };
  const put = (piece: string, from: Node, zone: number): void => {
    if (textKey === null) {
      textKey = from;
      textZone = zone;
    } else if (zone === VIEW) textZone = VIEW;
    text += piece;
  };

  /** The name that a unit is shown with, and what stands inside it. Independent of scrolling: it is also part of the fingerprint. */
  const nameOf = (element: Element, role: string): string => {
    let called = agent.label(element);
    if (!LEAF.test(element.localName) && role !== 'editor') {
      const explicit =
        element.hasAttribute('aria-label') || element.hasAttribute('aria-labelledby') ? called : '';
      const outerName = name;
      const outerInner = inner;
      name = '';
      inner = [];
      const plain =
        !element.firstElementChild && !agent.rootOf(element) && element.localName !== 'slot';
      const style = plain ? null : getComputedStyle(element);
      if (!style) name = (element.textContent ?? '').slice(0, 300);
      else
        for (const child of Array.from(agent.children(element)))
          walk(child, style.cursor, true, [0, 0, 0, 0], VIEW);
      const content =
        role === 'combobox' && element.hasAttribute('aria-haspopup') && called
          ? ''
          : name.replace(/\s+/g, ' ').trim();
      const found = inner;
      name = outerName;
      inner = outerInner;
      inner.push(...found);
      called = explicit || content || called || shape.hint(element);
    }
    return agent.cut(agent.clean(called).trim(), 80);
  };
  agent.unit = (element, role) => {
    const outer = inner;
    inner = [];
    const called =
      role === 'iframe'
        ? agent.cut(
            agent.clean(agent.label(element) || element.getAttribute('name') || '').trim(),
            80,
          )
        : role === 'scroller'
          ? ''
          : nameOf(element, role);
    const within = inner;
    inner = outer;
    const ref = agent.ref(element);
    return {
      ref,
      role,
      name: called,
      text: shape.unitText(element, ref, role, called),
      inner: within.map((unit) => unit.text),
    };
  };

  const walkText = (node: Text, shown: boolean, zone: number): void => {
    if (!shown) return;
    const { data } = node;
    if (!/\S/.test(data)) {
      if (name !== null) name += ' ';
      else if (text) text += ' ';
      return;
    }
    if (name !== null) {
      if (name.length < 200) name += data;
      return;
    }
    const parent = agent.parent(node);
    if (shape.isHiddenText(parent)) return;
    const most = zone === VIEW ? 3_000 : 1_000;
    // A text of megabytes is not cleaned whole to show its beginning.
    let plain = agent.clean(data.slice(0, 4 * most));
    if (plain.length > most || data.length > 4 * most) {
      plain = agent.cut(plain, most);
      cutTexts += 1;
    }
    put(
      text.endsWith(']') && /^[\p{L}\p{N}([]/u.test(plain)
        ? ` ${agent.escape(plain)}`
        : agent.escape(plain),
      parent ?? node,
      zone,
    );
  };

  const walkChildren = (
    element: Element,
    cursor: string,
    shown: boolean,
    clip: Clip,
    zone: number,
  ): void => {
    if (depth >= DEEPEST) {
      // The stack is the page's too: what lies deeper is told at the end; of a name it does not matter.
      if (name === null) deep.push(() => walkChildren(element, cursor, shown, clip, zone));
      else name += ` ${(element.textContent ?? '').slice(0, 200)} `;
      return;
    }
    const list = agent.children(element);
    depth += 1;
    try {
      for (let index = 0, child = list[0]; child; child = list[++index])
        walk(child, cursor, shown, clip, zone);
    } finally {
      depth -= 1;
    }
  };

  /** What hovering would show is not what the element says before. */
  const saidBy = (element: Element, role: string): string =>
    (role === 'hoverable' ? (element as HTMLElement).innerText : element.textContent) ?? '';

  const walkUnit = (
    element: Element,
    role: string,
    style: CSSStyleDeclaration,
    shown: boolean,
    clip: Clip,
    zone: number,
    block: boolean,
  ): void => {
    const gap = name === null && text && !/[\s(|]$/.test(text) ? ' ' : '';
    if (role === 'iframe') {
      if (name !== null) return;
      flush();
      const unit = agent.unit(element, role);
      put(unit.text, element, zone);
      textUnits.push(unit);
      flush();
      (lines[lines.length - 1] as Line).owner = unit.ref;
      return;
    }
    if (name === null && !inRow && shape.isContainer(element, role, block)) {
      const explicit =
        element.getAttribute('aria-label') ??
        element.querySelector('h1,h2,h3,h4,h5,h6,[role=heading]')?.textContent;
      const own =
        role === 'scroller' || role === 'listbox'
          ? explicit && element.hasAttribute('aria-label')
            ? explicit
            : ''
          : (explicit ?? agent.cut(saidBy(element, role).trim().replace(/\s+/g, ' '), 40));
      const called = agent.cut(agent.clean(own).trim(), 80);
      const ref = agent.ref(element);
      const piece = shape.unitText(element, ref, role, called);
      put(`${gap}${piece} `, element, zone);
      textUnits.push({ ref, role, name: called, text: piece, inner: [] });
      walkChildren(element, style.cursor, shown, clip, zone);
      if (block) flush();
      return;
    }
    const outer = inner;
    inner = [];
    const called = nameOf(element, role);
    if (role === 'select')
      for (const option of shape.choices(element)) inner.push(agent.unit(option, 'option'));
    const within = inner;
    inner = outer;
    const ref = agent.ref(element);
    const unit: Unit = {
      ref,
      role,
      name: called,
      text: shape.unitText(element, ref, role, called),
      inner: [],
    };
    if (name !== null) {
      inner.push(unit, ...within);
      return;
    }
    put(`${gap}${[unit, ...within].map((each) => each.text).join(' ')}`, element, zone);
    textUnits.push(unit, ...within);
    if (block) flush();
  };

  const walk = (node: Node, cursor: string, shown: boolean, clip: Clip, zone: number): void => {
    if (node.nodeType === 3) return walkText(node as Text, shown, zone);
    if (node.nodeType !== 1 || timedOut) return;
    const element = node as Element;
    const tag = element.localName;
    if (SKIP.has(tag)) return;
    elements += 1;
    if ((elements & 255) === 0 && performance.now() > limit) timedOut = true;
    const style = getComputedStyle(element);
    const display = style.display;
    if (display === 'none') return;
    const naming = name !== null;
    let box: DOMRect | null = null;
    let here = zone;
    let clipping = clip;
    let visible = shown && style.visibility === 'visible';
    if (!naming && display !== 'contents') {
      box = element.getBoundingClientRect();
      visited.add(element);
      const { left, top, right, bottom, width, height } = box;
      if (width > 0 && height > 0) {
        if (left < clip[2] && right > clip[0] && top < clip[3] && bottom > clip[1]) here = VIEW;
        else here = bottom <= Math.max(clip[1], 0) ? ABOVE : BELOW;
        if (
          here === BELOW &&
          belowChars > budget &&
          element.childElementCount > 0 &&
          top >= clip[3] &&
          element.scrollHeight <= element.clientHeight + 1 &&
          !agent.rootOf(element)
        ) {
          below += element.querySelectorAll(COUNTED).length + (element.matches(COUNTED) ? 1 : 0);
          pruned += 1;
          return;
        }
        if (
          here === ABOVE &&
          large &&
          bottom < farAbove &&
          element.childElementCount > 0 &&
          element.scrollHeight <= element.clientHeight + 1 &&
          !agent.rootOf(element)
        ) {
          above += element.querySelectorAll(COUNTED).length + (element.matches(COUNTED) ? 1 : 0);
          pruned += 1;
          return;
        }
      }
      const overflow = tag === 'body' || tag === 'html' ? 'visible' : style.overflowX;
      if ((width === 0 || height === 0) && overflow !== 'visible' && style.overflowY !== 'visible')
        return;
      if (visible && shape.isHiddenBox(box, overflow)) visible = false;
      if (clip !== whole && style.position === 'fixed') clipping = whole;
      if (overflow !== 'visible')
        clipping = [
          Math.max(clipping[0], left),
          Math.max(clipping[1], top),
          Math.min(clipping[2], right),
          Math.min(clipping[3], bottom),
        ];
    }
    const block = BLOCK.test(display);
    if (naming) {
      if (block && name && !name.endsWith(' ')) name += ' ';
    } else if (inRow && shape.isCell(element, display)) {
      if (element.previousElementSibling) put(' | ', element, here);
    } else if (block && inRow) text += ' ';
    else if (block) flush();
    const startsRow = !naming && !inRow && shape.isRow(element, display);
    if (startsRow) inRow = true;
    try {
      walkInside(
        element,
        tag,
        style,
        cursor,
        visible,
        clipping,
        here,
        box,
        block && !(inRow && !startsRow),
      );
    } finally {
      if (startsRow) {
        inRow = false;
        flush();
      }
    }
  };

  const walkInside = (
    element: Element,
    tag: string,
    style: CSSStyleDeclaration,
    cursor: string,
    visible: boolean,
    clipping: Clip,
    here: number,
    box: DOMRect | null,
    block: boolean,
  ): void => {
    const naming = name !== null;
    const sized =
      naming || !box || (box.width > 0 && box.height > 0) || element.childElementCount > 0;
    const role =
      /^(i?frame|object|embed)$/.test(tag) && agent.isFrame(element)
        ? box && box.width > 1 && box.height > 1 && visible
          ? 'iframe'
          : 'none'
        : sized
          ? shape.operable(element, style, cursor, box)
          : null;
    if (role === 'none') return;
    if (role !== null && (LEAF.test(tag) || tag === 'label' || naming || style.opacity !== '0')) {
      if (!naming && /^h[1-6]$/.test(tag)) put(`${'#'.repeat(Number(tag[1]))} `, element, here);
      if (!naming && tag === 'li') put('- ', element, here);
      walkUnit(element, role, style, visible, clipping, here, block);
      if (naming && block) name += ' ';
      return;
    }
    if (LEAF.test(tag)) return;
    if (visible && !naming) {
      if (/^h[1-6]$/.test(tag)) put(`${'#'.repeat(Number(tag[1]))} `, element, here);
      else if (tag === 'li') put('- ', element, here);
    }
    if (tag === 'img') {
      const alt = agent.clean(element.getAttribute('alt') ?? '').trim();
      if (alt && visible && name !== null) name += ` ${alt} `;
      else if (alt && visible) put(`(img ${agent.escape(agent.cut(alt, 60))})`, element, here);
      return;
    }
    if (tag === 'br') {
      if (name !== null) name += ' ';
      else if (inRow) text += ' ';
      else flush();
      return;
    }
    if (tag === 'details' && !(element as HTMLDetailsElement).open) {
      const summary = element.querySelector(':scope > summary');
      if (summary) walk(summary, style.cursor, visible, clipping, here);
    } else walkChildren(element, style.cursor, visible, clipping, here);
    if (naming) {
      if (block) name += ' ';
    } else if (block) flush();
  };

  /** What is painted in the view but hangs in a part that was only counted: found by sampling the view. */
  const rescue = (): void => {
    const until = performance.now() + 20;
    for (let y = innerHeight / 12; y < innerHeight; y += innerHeight / 6)
      for (let x = innerWidth / 16; x < innerWidth; x += innerWidth / 8) {
        if (performance.now() > until) return;
        const hit = document.elementFromPoint(x, y);
        if (!hit || visited.has(hit) || agent.isPassedOver(hit)) continue;
        let top = hit;
        for (let up = agent.parent(hit); up && !visited.has(up); up = agent.parent(up))
          if (up.getBoundingClientRect().top < innerHeight) top = up;
        walk(top, 'auto', true, whole, VIEW);
        flush();
      }
  };

  agent.walkDocument = (options) => {
    const started = performance.now();
    lines = [];
    visited = new WeakSet();
    elements = above = below = belowChars = pruned = cutTexts = 0;
    timedOut = false;
    limit = started + options.timeMs;
    budget = options.budget;
    name = null;
    inner = [];
    text = '';
    textKey = null;
    textUnits = [];
    whole = [0, 0, innerWidth, innerHeight];
    large = document.getElementsByTagName('*').length > 4_000;
    agent.hovers = agent.findHovers();
    farAbove = budget > 100_000 ? -Infinity : -3 * innerHeight;
    depth = 0;
    deep = [];
    walk(agent.top(), 'auto', true, whole, BELOW);
    flush();
    for (let next = deep.shift(); next; next = deep.shift()) {
      next();
      flush();
    }
    if (pruned > 0) rescue();
    const counts = new Map<string, number>();
    for (const line of lines) {
      const count = counts.get(line.key) ?? 0;
      counts.set(line.key, count + 1);
      if (count > 0) line.key += `.${count}`;
    }
    return { lines, above, below, cutTexts, timedOut, isWhole: pruned === 0 && !timedOut };
  };
}
