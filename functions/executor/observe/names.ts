/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Roles, names, values and flags of elements. Runs in the isolated world; must not use anything from outside the function. */
export function installNames(agent: Agent): void {
  const ROLES = new Set(
    'button link checkbox radio textbox searchbox combobox listbox option menuitem tab switch slider spinbutton treeitem'.split(
      ' ',
    ),
  );
  const INPUTS: Record<string, string> = {
    search: 'searchbox',
    password: 'password',
    checkbox: 'checkbox',
    radio: 'radio',
    range: 'slider',
    number: 'spinbutton',
    date: 'date',
    'datetime-local': 'date',
    month: 'date',
    week: 'date',
    time: 'time',
    color: 'color',
    file: 'file',
    submit: 'button',
    button: 'button',
    reset: 'button',
    image: 'button',
  };
  const ROWS = 'tr,[role=row],li,[role=listitem],article,[role=article]';
  const HEADINGS = 'h1,h2,h3,h4,h5,h6,legend,caption,[role=heading]';

  const explicitRole = (element: Element): string | null => {
    const role = element.getAttribute('role')?.trim().split(/\s+/)[0];
    if (!role) return null;
    if (role === 'menuitemcheckbox' || role === 'menuitemradio') return 'menuitem';
    return ROLES.has(role) ? role : null;
  };
  /** The role in the words of the grammar for what is operable by its own nature; null for what is not, or only by listeners. */
  agent.roleOf = (element) => {
    const tag = element.localName;
    const role = element.hasAttribute('role') ? explicitRole(element) : null;
    switch (tag) {
      case 'a':
      case 'area':
        return agent.rawHref(element) === null ? role : (role ?? 'link');
      case 'button':
        return role ?? 'button';
      case 'input': {
        const type = (element as HTMLInputElement).type;
        if (type === 'hidden') return null;
        return role ?? INPUTS[type] ?? (element.hasAttribute('list') ? 'combobox' : 'textbox');
      }
      case 'select':
      case 'summary':
      case 'canvas':
        return tag;
      case 'textarea':
        return role ?? 'textbox';
      case 'audio':
      case 'video':
        return element.hasAttribute('controls') ? tag : null;
      default:
    }
    if (role) return role;
    const html = element as HTMLElement;
    if (html.isContentEditable && !(agent.parent(html) as HTMLElement | null)?.isContentEditable)
      return 'editor';
    if (element.getAttribute('draggable') === 'true') return 'draggable';
    if (element.hasAttribute('tabindex') && html.tabIndex >= 0) return 'focusable';
    return null;
  };

  const textOfIds = (element: Element, ids: string): string => {
    const root = element.getRootNode() as Document | ShadowRoot;
    return ids
      .split(/\s+/)
      .map((id) => (id ? (root.getElementById(id)?.textContent ?? '') : ''))
      .join(' ')
      .trim();
  };
  const textWithoutControls = (element: Element): string => {
    let text = '';
    for (const node of element.childNodes) {
      if (node.nodeType === 3) text += (node as Text).data;
      else if (
        node.nodeType === 1 &&
        !/^(input|select|textarea|script|style|button)$/.test((node as Element).localName)
      )
        text += ` ${textWithoutControls(node as Element)}`;
    }
    return text;
  };
  const textBefore = (element: Element): string => {
    const cell = element.closest('td,th');
    if (cell) {
      const table = cell.closest('table');
      const head = table?.tHead?.rows[0] ?? table?.rows[0];
      const header = head?.cells[(cell as HTMLTableCellElement).cellIndex];
      if (header && header !== cell && header.textContent?.trim()) return header.textContent;
      return cell.previousElementSibling?.textContent ?? '';
    }
    for (let node = element.previousSibling; node; node = node.previousSibling) {
      const text =
        node.nodeType === 3
          ? (node as Text).data
          : node.nodeType === 1
            ? (node.textContent ?? '')
            : '';
      if (/^(input|select|textarea|button)$/.test((node as Element).localName ?? '')) return '';
      if (text.trim()) return text.length <= 80 ? text : '';
    }
    return '';
  };
  /** The browser searches the whole document for each `labels`; a walk over many fields brings a map of its own. */
  const labelsOf = (element: Element): ArrayLike<HTMLLabelElement> | null => {
    const map = agent.labelMap;
    if (!/^(input|select|textarea|button|meter|output|progress)$/.test(element.localName))
      return null;
    if (!map || element.getRootNode() !== document) return (element as HTMLInputElement).labels;
    const around = element.closest('label');
    const named = element.id ? (map.get(element.id) ?? []) : [];
    return around && !named.includes(around) && around.control === element
      ? [around, ...named]
      : named;
  };
  agent.label = (element) => {
    const own = element.getAttribute('aria-label')?.trim();
    const ids = element.getAttribute('aria-labelledby');
    const pointed = ids ? textOfIds(element, ids) : '';
    if (pointed) return pointed;
    if (own) return own;
    const labels = labelsOf(element);
    if (labels && labels.length > 0) {
      const text = Array.from(labels).map(textWithoutControls).join(' ').trim();
      if (text) return text;
    }
    const field = /^(input|select|textarea)$/.test(element.localName);
    if (
      element.localName === 'input' &&
      /^(submit|button|reset)$/.test((element as HTMLInputElement).type)
    )
      return (
        (element as HTMLInputElement).value ||
        ((element as HTMLInputElement).type === 'reset' ? 'Reset' : 'Submit')
      );
    return (
      element.getAttribute('alt')?.trim() ||
      element.getAttribute('placeholder')?.trim() ||
      element.getAttribute('title')?.trim() ||
      (field ? textBefore(element).trim() || element.getAttribute('name') || element.id : '') ||
      ''
    );
  };
  /** The hidden control that a label stands for: a person operates the label. */
  agent.labelledControl = (element) => {
    if (element.localName !== 'label') return null;
    const control = (element as HTMLLabelElement).control;
    if (!control || !/^(checkbox|radio|file)$/.test((control as HTMLInputElement).type))
      return null;
    const box = control.getBoundingClientRect();
    const style = getComputedStyle(control);
    return box.width <= 1 ||
      box.height <= 1 ||
      style.display === 'none' ||
      style.visibility !== 'visible' ||
      box.right < 0
      ? control
      : null;
  };
  agent.value = (element) => {
    const tag = element.localName;
    if (tag === 'input') {
      const input = element as HTMLInputElement;
      if (/^(checkbox|radio|submit|button|reset|image)$/.test(input.type)) return '';
      if (input.type === 'password') return input.value ? '•••' : '';
      if (input.type === 'file')
        return [...(input.files ?? [])].map((file) => file.name).join(', ');
      return input.value;
    }
    if (tag === 'textarea') return (element as HTMLTextAreaElement).value;
    if (tag === 'select')
      return [...(element as HTMLSelectElement).selectedOptions]
        .map((option) => option.label)
        .join(', ');
    const html = element as HTMLElement;
    if (html.isContentEditable && !(agent.parent(html) as HTMLElement | null)?.isContentEditable)
      return html.innerText;
    const role = element.getAttribute('role');
    if (role === 'slider' || role === 'spinbutton')
      return element.getAttribute('aria-valuetext') ?? element.getAttribute('aria-valuenow') ?? '';
    if (role === 'combobox') return element.textContent ?? '';
    return '';
  };

  const sorting = (element: Element): string | null => {
    if (!agent.sortable) return null;
    const header = element.closest('th[aria-sort],[role=columnheader][aria-sort]');
    const sort = header?.getAttribute('aria-sort');
    return sort === 'ascending' || sort === 'descending' ? `sort ${sort}` : null;
  };
  const optionsOf = (select: HTMLSelectElement): string => {
    const { options } = select;
    if (agent.shape.choices(select).length > 0) return `${options.length} options`;
    if (options.length > 12) return `${options.length} options`;
    const labels = [...options].map((option) =>
      agent.escapeName(agent.cut(agent.clean(option.label).trim(), 40)).replace(/\|/g, '\\|'),
    );
    return `options ${labels.join('|')}`;
  };
  agent.flags = (element) => {
    const flags: string[] = [];
    const control = (agent.labelledControl(element) ?? element) as HTMLInputElement;
    const aria = (name: string): string | null => control.getAttribute(`aria-${name}`);
    const tag = control.localName;
    if (tag === 'input' && (control.type === 'checkbox' || control.type === 'radio'))
      flags.push(control.indeterminate ? 'mixed' : control.checked ? 'checked' : 'unchecked');
    else if (aria('checked') !== null)
      flags.push(
        aria('checked') === 'mixed'
          ? 'mixed'
          : aria('checked') === 'true'
            ? 'checked'
            : 'unchecked',
      );
    if (aria('expanded') !== null)
      flags.push(aria('expanded') === 'true' ? 'expanded' : 'collapsed');
    else if (tag === 'summary' && control.parentElement?.localName === 'details')
      flags.push((control.parentElement as HTMLDetailsElement).open ? 'expanded' : 'collapsed');
    if (
      aria('selected') === 'true' ||
      (aria('current') ?? 'false') !== 'false' ||
      (tag === 'option' && (element as HTMLOptionElement).selected)
    )
      flags.push('selected');
    if (aria('pressed') === 'true') flags.push('pressed');
    if (control.matches(':disabled') || aria('disabled') === 'true') flags.push('disabled');
    if (control.required || aria('required') === 'true') flags.push('required');
    if ((control.readOnly && /^(input|textarea)$/.test(tag)) || aria('readonly') === 'true')
      flags.push('readonly');
    if (aria('invalid') !== null && aria('invalid') !== 'false') flags.push('invalid');
    if (tag === 'select') flags.push(optionsOf(control as unknown as HTMLSelectElement));
    const sort = sorting(element);
    if (sort) flags.push(sort);
    if (control === agent.focusedElement) flags.push('focused');
    return flags;
  };

  /**
   * What tells like-named units apart: the first cells of their row, or the heading above. Frameworks recycle rows, so a ref whose
   * row now says something else must not be acted on.
   */
  agent.context = (element) => {
    const row = agent.parent(element)?.closest(ROWS);
    if (!row) return '';
    const cells = row.matches('tr,[role=row]')
      ? [...row.children]
      : [row.querySelector(HEADINGS), ...row.children];
    const texts: string[] = [];
    for (const cell of cells) {
      if (!cell || cell === element || cell.contains(element)) continue;
      const text = agent.clean(cell.textContent ?? '').trim();
      if (text && texts.push(text.slice(0, 60)) === 2) break;
    }
    return texts.join(' | ');
  };
}
