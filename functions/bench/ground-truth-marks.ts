/// <reference lib="dom" />

/** An element as the bench itself sees it, apart from any observation. */
export interface Mark {
  readonly id: string;
  readonly tag: string;
  readonly native: boolean;
  readonly role: string;
  readonly focusable: boolean;
  readonly editable: boolean;
  readonly draggable: boolean;
  readonly cursor: boolean;
  readonly inline: boolean;
  readonly visible: boolean;
  readonly inView: boolean;
  readonly box: readonly [number, number, number, number];
  /** Id of the control that a label is for. */
  readonly labelFor: string;
  readonly text: string;
  readonly viewArea: number;
}

/** Numbers and judges all elements below a root. Sent as its source into the page: must not use anything from outside. */
export function markElements(
  root: Document | ShadowRoot,
  prefix: string,
  start: number,
): { next: number; marks: Mark[] } {
  const ROLES =
    /^(button|link|checkbox|radio|textbox|searchbox|combobox|listbox|option|menuitem|menuitemcheckbox|menuitemradio|tab|switch|slider|spinbutton|treeitem)$/;
  const CURSOR =
    /^(pointer|grab|grabbing|move|all-scroll|(?:col|row|n|s|e|w|ne|nw|se|sw|ew|ns|nesw|nwse)-resize)$/;
  const NATIVE =
    'a[href],area[href],button,input:not([type=hidden]),select,textarea,summary,audio[controls],video[controls],select[multiple] option,select[size] option';
  const home = root.ownerDocument ?? root;
  const view = home.defaultView;
  if (!view) return { next: start, marks: [] };
  const above = (element: Element): Element | null =>
    element.parentElement ?? ((element.parentNode as ShadowRoot | null)?.host || null);
  const isClipped = (element: Element, box: number[], native: boolean): [boolean, boolean] => {
    let scrolled = false;
    let position = view.getComputedStyle(element).position;
    const [left = 0, top = 0, right = 0, bottom = 0] = box;
    for (
      let up = above(element);
      up && up !== home.documentElement && up !== home.body;
      up = above(up)
    ) {
      const style = view.getComputedStyle(up);
      if (Number(style.opacity) === 0 && !native) return [true, scrolled];
      if (position === 'fixed') break;
      if (position === 'absolute' && style.position === 'static') continue;
      const edge = up.getBoundingClientRect();
      const width = Math.min(right, edge.right) - Math.max(left, edge.left);
      const height = Math.min(bottom, edge.bottom) - Math.max(top, edge.top);
      if (/auto|scroll/.test(style.overflowX + style.overflowY) && (width < 1 || height < 1))
        scrolled = true;
      if (
        (/hidden|clip/.test(style.overflowX) && width < 1) ||
        (/hidden|clip/.test(style.overflowY) && height < 1)
      )
        return [true, scrolled];
      if (style.position !== 'static') position = style.position;
    }
    return [false, scrolled];
  };
  const isHit = (element: Element, box: number[], native: boolean): boolean => {
    const [left = 0, top = 0, right = 0, bottom = 0] = box;
    const [x1, x2] = [Math.max(0, left), Math.min(view.innerWidth, right)];
    const [y1, y2] = [Math.max(0, top), Math.min(view.innerHeight, bottom)];
    const spots = [
      [0.5, 0.5],
      [0.2, 0.3],
      [0.8, 0.3],
      [0.2, 0.7],
      [0.8, 0.7],
    ] as const;
    return spots.some(([across, down]) => {
      const hit = root.elementFromPoint(x1 + (x2 - x1) * across, y1 + (y2 - y1) * down);
      if (!hit) return false;
      const label = hit.closest('label');
      return (
        hit === element ||
        element.contains(hit) ||
        (hit.contains(element) && native) ||
        label?.control === element ||
        hit.getRootNode() !== element.getRootNode() ||
        (hit.parentElement === element.parentElement && element.localName === 'input')
      );
    });
  };
  const marks: Mark[] = [];
  let next = start;
  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    const id = `${prefix}${++next}`;
    element.setAttribute('data-nid', id);
    if (/^(html|head|body|script|style|meta|link|title)$/.test(element.localName)) continue;
    const style = view.getComputedStyle(element);
    const up = above(element);
    const native = element.matches(NATIVE);
    const given = (element.getAttribute('role') ?? '').trim().split(/\s+/)[0] ?? '';
    const cursor =
      CURSOR.test(style.cursor) &&
      style.cursor !== (up ? view.getComputedStyle(up).cursor : 'auto');
    const inline = (
      ['onclick', 'onmousedown', 'onmouseup', 'onpointerdown', 'ondblclick'] as const
    ).some((name) => element[name]);
    const fields = {
      native,
      role: ROLES.test(given) ? given : '',
      focusable: element.hasAttribute('tabindex') && element.tabIndex >= 0,
      editable: element.isContentEditable && element.parentElement?.isContentEditable !== true,
      draggable: element.getAttribute('draggable') === 'true',
      cursor,
      inline,
    };
    let visible =
      element.checkVisibility({ visibilityProperty: true }) &&
      style.pointerEvents !== 'none' &&
      !element.closest('[inert]') &&
      !element.matches(':disabled') &&
      element.getAttribute('aria-disabled') !== 'true';
    let shown = element.getBoundingClientRect();
    if (visible && (shown.width < 1 || shown.height < 1))
      for (const child of element.querySelectorAll('*')) {
        const box = child.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1) continue;
        shown = box;
        break;
      }
    const box = [shown.left, shown.top, shown.right, shown.bottom] as const;
    if (shown.width < 2 || shown.height < 2) visible = false;
    if (visible && !native && Number(style.opacity) === 0) visible = false;
    let scrolled = false;
    if (visible) {
      const [clipped, out] = isClipped(element, [...box], native);
      if (clipped) visible = false;
      scrolled = out;
    }
    const inView =
      !scrolled &&
      box[0] < view.innerWidth &&
      box[2] > 0 &&
      box[1] < view.innerHeight &&
      box[3] > 0;
    const candidate = Object.values(fields).some(Boolean);
    if (visible && inView && candidate && !isHit(element, [...box], native)) visible = false;
    const control = element.localName === 'label' ? (element as HTMLLabelElement).control : null;
    marks.push({
      id,
      tag: element.localName,
      ...fields,
      visible,
      inView,
      box,
      labelFor: control?.getAttribute('data-nid') ?? '',
      text: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 30),
      viewArea: view.innerWidth * view.innerHeight,
    });
  }
  return { next, marks };
}
