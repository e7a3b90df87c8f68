/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Selecting text, and finding file fields. Runs in the isolated world; must not use anything from outside the function. */
export function installSelecting(agent: Agent): void {
  type Span = { text?: string; start?: number; end?: number };
  const spanIn = (whole: string, { text, start, end }: Span): [number, number] | null => {
    if (text === undefined)
      return [Math.min(start ?? 0, whole.length), Math.min(end ?? whole.length, whole.length)];
    const exact = whole.indexOf(text);
    if (exact >= 0) return [exact, exact + text.length];
    const pattern = text
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\s+');
    const found = new RegExp(pattern, 'iu').exec(whole);
    return found ? [found.index, found.index + found[0].length] : null;
  };
  const missing = (span: Span): object => ({
    problem: `the text "${agent.cut(span.text ?? '', 80)}" is not in the target`,
  });

  /** The text nodes of the flat tree from the first to the last character of the span. */
  const rangeOf = (element: Element, span: Span): Range | null => {
    const nodes: Text[] = [];
    const collect = (node: Node): void => {
      if (node.nodeType === 3) nodes.push(node as Text);
      else if (node.nodeType === 1)
        for (const child of Array.from(agent.children(node as Element))) collect(child);
    };
    collect(element);
    const found = spanIn(nodes.map((node) => node.data).join(''), span);
    if (!found || nodes.length === 0) return null;
    const at = (offset: number, isEnd: boolean): [Text, number] => {
      let left = offset;
      for (const node of nodes) {
        if (left < node.data.length || (isEnd && left === node.data.length)) return [node, left];
        left -= node.data.length;
      }
      const last = nodes.at(-1) as Text;
      return [last, last.data.length];
    };
    const range = document.createRange();
    range.setStart(...at(found[0], false));
    range.setEnd(...at(found[1], true));
    return range;
  };

  agent.selectText = (ref: number, span: Span): unknown => {
    const element = agent.live(ref);
    element.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    if (/^(input|textarea)$/.test(element.localName)) {
      const field = element as HTMLInputElement;
      const range = spanIn(field.value, span);
      if (!range) return missing(span);
      field.focus({ preventScroll: true });
      try {
        field.setSelectionRange(range[0], range[1]);
      } catch {
        if (span.text !== undefined || span.start !== undefined || span.end !== undefined)
          return { problem: `a ${field.type} field can only be selected whole` };
        field.select();
      }
      const text = field.value.slice(range[0], range[1]);
      return { text: field.type === 'password' ? '•••' : agent.clean(text) };
    }
    const range = rangeOf(element, span);
    if (!range) return missing(span);
    const editable = (element as HTMLElement).isContentEditable
      ? (element as HTMLElement)
      : element.closest<HTMLElement>('[contenteditable]');
    editable?.focus({ preventScroll: true });
    const selection = getSelection();
    const { startContainer, startOffset, endContainer, endOffset } = range;
    selection?.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
    return { text: agent.clean(selection?.toString() ?? '') };
  };

  /** Where a mouse would begin and end to select the text; null where a mouse would not get it, as in fields. */
  agent.spanPlaces = (ref: number, span: Span): unknown => {
    const element = agent.live(ref);
    if (/^(input|textarea)$/.test(element.localName)) return null;
    const range = rangeOf(element, span);
    range?.startContainer.parentElement?.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    const boxes = [...(range?.getClientRects() ?? [])].filter((box) => box.width > 1);
    const [first, last] = [boxes[0], boxes.at(-1)];
    if (!range || !first || !last) return null;
    agent.expectPointer();
    const from = { x: first.left + 0.5, y: first.top + first.height / 2 };
    const to = { x: last.right - 0.5, y: last.top + last.height / 2 };
    const isFree = ({ x, y }: { x: number; y: number }): boolean => {
      const hit = agent.hit(x, y);
      return (
        hit !== null &&
        agent.chain(hit).includes(element) &&
        !agent.chain(hit).some((each) => each.matches('a[*|href],[draggable=true],button'))
      );
    };
    return isFree(from) && isFree(to) ? { from, to, text: agent.clean(range.toString()) } : null;
  };
  agent.selectedText = (): string => agent.clean(getSelection()?.toString() ?? '');

  /** The file field that the element is, labels or holds. */
  agent.fileField = (ref: number): unknown => {
    const element = agent.live(ref);
    const labelled =
      element.localName === 'label' ? (element as HTMLLabelElement).control : element;
    const field = (
      labelled?.matches('input[type=file]') ? labelled : element.querySelector('input[type=file]')
    ) as HTMLInputElement | null;
    return field && { ref: agent.ref(field), multiple: field.multiple || field.webkitdirectory };
  };

  /** The value that a list of suggestions (`<input list>`) gives for a value or label; null where there is none. */
  agent.suggested = (ref: number, wanted: string): unknown => {
    const field = agent.live(ref) as HTMLInputElement;
    const options = field.localName === 'input' ? [...(field.list?.options ?? [])] : [];
    if (options.length === 0) return null;
    const fold = (text: string): string => agent.clean(text).trim().toLowerCase();
    const option =
      options.find((each) => each.value === wanted) ??
      options.find(
        (each) => fold(each.label) === fold(wanted) || fold(each.value) === fold(wanted),
      ) ??
      options.find((each) => fold(`${each.value} ${each.label}`).includes(fold(wanted)));
    return option
      ? { value: option.value }
      : { options: options.slice(0, 30).map((each) => agent.clean(each.label || each.value)) };
  };

  /** The target's value or text, once it differs from what was last seen or the time is over. */
  agent.nextValue = async (ref: number, last: string | null, maxMs: number): Promise<string> => {
    const until = performance.now() + maxMs;
    for (;;) {
      const element = agent.live(ref);
      const value = /^(input|textarea|select)$/.test(element.localName)
        ? (agent.fieldValue as (ref: number) => string)(ref)
        : agent.value(element) || ((element as HTMLElement).innerText ?? element.textContent ?? '');
      const plain =
        (element as HTMLInputElement).type === 'password' ? '' : agent.clean(value).trim();
      if (plain !== last || performance.now() >= until) return plain;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
}
