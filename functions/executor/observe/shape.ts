/// <reference lib="dom" />
import type { Agent, Shape } from './agent.ts';

/** How one element is shown: under which role, on which line, or not at all. Runs in the isolated world; must not use anything from outside the function. */
export function installShape(agent: Agent): void {
  const POINTER = /^(pointer|grab|grabbing|move|all-scroll|.*-resize)$/;
  const LEAF = /^(input|select|textarea|canvas|audio|video|iframe|frame)$/;
  const COUNTED =
    'a[*|href],button,input:not([type=hidden]),select,textarea,summary,[role],[tabindex],[contenteditable]';
  const STRUCTURE = 'div,p,ul,ol,table,section,li,h1,h2,h3,h4,h5,h6,article,dl';
  const shape = {} as Shape;
  agent.shape = shape;

  shape.hint = (element) => {
    const image =
      element.querySelector('img[alt]:not([alt=""])')?.getAttribute('alt') ??
      element.querySelector('svg title')?.textContent;
    if (image?.trim()) return image;
    const words = [
      element.id,
      element.getAttribute('class'),
      element.getAttribute('name'),
      agent.firstChild(element)?.getAttribute('class'),
    ];
    const plain = words
      .filter(Boolean)
      .join(' ')
      .replace(/[^a-zA-Z_ -]/g, '')
      .trim();
    return plain ? `.${plain.slice(0, 30).trim()}` : '';
  };
  shape.unitText = (element, ref, role, called) => {
    const value =
      LEAF.test(element.localName) || /^(editor|slider|spinbutton|combobox)$/.test(role)
        ? agent.cut(agent.clean(agent.value(element)).trim(), 80)
        : '';
    const flags = agent.flags(element);
    const shown = value === called ? '' : value;
    return `[${agent.prefix}e${ref} ${role}${called ? ` ${agent.escapeName(called)}` : ''}${shown ? ` = ${agent.escapeName(shown)}` : ''}${flags.map((flag) => `; ${flag}`).join('')}]`;
  };
  /** Options that are drawn on the page, as those of a list box are: a person clicks them. */
  shape.choices = (element) => {
    const select = element as HTMLSelectElement;
    if (!select.multiple && select.size <= 1) return [];
    return [...select.options].filter((option) => option.getClientRects().length > 0);
  };
  /** The role under which an element is shown, or null when a person could not operate it. */
  shape.operable = (element, style, cursorAbove, box) => {
    if (style.visibility !== 'visible') return null;
    const tag = element.localName;
    if (tag === 'option') {
      const list = element.closest('select');
      const isDrawn = list !== null && (list.multiple || list.size > 1);
      return isDrawn && element.getClientRects().length > 0 ? 'option' : null;
    }
    if (tag === 'label') {
      const control = agent.labelledControl(element);
      if (control) return agent.roleOf(control);
      if ((element as HTMLLabelElement).control && !agent.listens(element)) return null;
    }
    const role =
      element.attributes.length > 0 ||
      tag === 'button' ||
      tag === 'input' ||
      tag === 'select' ||
      tag === 'textarea' ||
      tag === 'summary' ||
      tag === 'canvas'
        ? agent.roleOf(element)
        : null;
    if (role !== null && role !== 'focusable') return role;
    if (tag === 'body' || tag === 'html') return null;
    if (style.cursor !== cursorAbove && POINTER.test(style.cursor)) return 'clickable';
    if (agent.listens(element)) {
      const size = box ?? element.getBoundingClientRect();
      if (size.width * size.height <= 0.5 * innerWidth * innerHeight) return 'clickable';
    }
    if (
      element.hasAttribute('aria-sort') &&
      !element.querySelector('a,button,[role=button],[tabindex]')
    )
      return 'clickable';
    if (role === 'focusable') return role;
    if (agent.hovers.has(element)) return 'hoverable';
    if (
      /^(auto|scroll)$/.test(style.overflowY) &&
      element.scrollHeight > element.clientHeight + 4 &&
      element.clientHeight > 20
    )
      return 'scroller';
    if (
      /^(auto|scroll)$/.test(style.overflowX) &&
      element.scrollWidth > element.clientWidth + 4 &&
      element.clientHeight > 20
    )
      return 'scroller';
    return null;
  };
  agent.operable = (element) => {
    const style = getComputedStyle(element);
    const up = agent.parent(element);
    return shape.operable(element, style, up ? getComputedStyle(up).cursor : 'auto', null);
  };

  /** Hidden by its box alone: nothing that scrolling brings up, or clipped to a dot. */
  shape.isHiddenBox = (box, overflow) =>
    (box.width <= 1 && box.height <= 1 && overflow !== 'visible') ||
    box.right + scrollX <= 0 ||
    box.bottom + scrollY <= 0;
  shape.isHiddenText = (parent) =>
    parent !== null &&
    (!parent.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ||
      getComputedStyle(parent).fontSize === '0px');

  /** A row whose cells belong on one line; rows that only lay out a page are not. */
  shape.isRow = (element, display) =>
    (display === 'table-row' || element.getAttribute('role') === 'row') &&
    (element.textContent?.length ?? 0) < 2_000 &&
    element.querySelector('table,h1,h2,h3,form,ul,ol,iframe,[role=row]') === null;
  shape.isCell = (element, display) =>
    display === 'table-cell' ||
    /^(gridcell|cell|columnheader|rowheader)$/.test(element.getAttribute('role') ?? '');

  shape.isContainer = (element, role, block) => {
    if (role === 'scroller') return true;
    if (!element.firstElementChild && !agent.rootOf(element))
      return (
        /^(clickable|focusable|draggable|hoverable)$/.test(role) &&
        (element.textContent?.length ?? 0) > 80
      );
    if (/^(clickable|focusable|draggable|hoverable|treeitem|option|menuitem|listbox)$/.test(role)) {
      if (agent.rootOf(element)) return role === 'focusable' || role === 'listbox';
      return (
        block &&
        (element.querySelector(STRUCTURE) !== null ||
          (element.textContent?.length ?? 0) > 80 ||
          element.querySelector(COUNTED) !== null)
      );
    }
    return (
      role === 'link' &&
      (element.textContent?.length ?? 0) > 120 &&
      element.querySelector(STRUCTURE) !== null
    );
  };
}
