/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Fields and choices. Runs in the isolated world; must not use anything from outside the function. */
export function installFields(agent: Agent): void {
  const PICKED = /^(date|datetime-local|month|week|time|color|range)$/;
  const fold = (text: string): string => agent.clean(text).trim().toLowerCase();
  const changed = (element: Element): void => {
    element.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    element.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const fieldOf = (element: Element): Element => {
    if (element.localName === 'label') return (element as HTMLLabelElement).control ?? element;
    if (
      /^(input|textarea|select)$/.test(element.localName) ||
      (element as HTMLElement).isContentEditable
    )
      return element;
    const inside = element.querySelector(
      'input:not([type=hidden]),textarea,[contenteditable=""],[contenteditable=true]',
    );
    return inside ?? element;
  };

  agent.activeRef = (): number | null => {
    const active = agent.active();
    return active ? agent.ref(active) : null;
  };
  /** A document that is edited as a whole has the focus where no element of it has. */
  const hasFocus = (field: Element): boolean =>
    agent.active() === field || document.activeElement === field;
  /** Focuses a field and selects what it holds, so that typing replaces it. Says how it is to be filled. */
  agent.focusField = (ref: number, clear: boolean, keepCaret = false): unknown => {
    const field = fieldOf(agent.live(ref)) as HTMLInputElement;
    const type = field.localName === 'input' ? field.type : '';
    if (PICKED.test(type)) return { kind: 'picked', type, before: field.value };
    const editable = field.isContentEditable;
    if (!editable && !/^(input|textarea)$/.test(field.localName)) {
      field.focus({ preventScroll: true });
      return { kind: 'keys', before: '' };
    }
    if (/^(checkbox|radio|button|submit|reset|image|file)$/.test(type))
      return { problem: `a ${type} takes no text` };
    if (field.readOnly) return { problem: 'it is read-only' };
    const isKept = keepCaret && !clear && hasFocus(field);
    field.focus({ preventScroll: true });
    const empty = editable ? (field.textContent ?? '') === '' : field.value === '';
    if (isKept) {
      // Setting the selection anew would also forget a format that was just chosen.
    } else if (editable) {
      const range = document.createRange();
      range.selectNodeContents(field);
      if (!clear) range.collapse(false);
      const selection = (field.getRootNode() as Document).getSelection?.() ?? getSelection();
      selection?.removeAllRanges();
      selection?.addRange(range);
    } else if (clear) field.select();
    else {
      const end = field.value.length;
      try {
        field.setSelectionRange(end, end);
      } catch {
        // Number and e-mail fields have no caret positions; the caret is at the end already.
      }
    }
    return {
      kind: 'text',
      empty,
      before: editable ? field.innerText : field.value,
      focused: hasFocus(field),
      ...(!editable && field.maxLength >= 0 && { maxLength: field.maxLength }),
    };
  };
  /** Whether the focus is in another field than this. */
  agent.passedOn = (ref: number): boolean => {
    const active = agent.active();
    return (
      active !== null &&
      /^(input|textarea)$/.test(active.localName) &&
      active !== fieldOf(agent.live(ref))
    );
  };
  agent.focusOnly = (ref: number): void => {
    const element = agent.live(ref);
    const inside = element.matches(
      'a[*|href],button,input,select,textarea,[tabindex],[contenteditable]',
    )
      ? element
      : element.querySelector(
          'a[*|href],button,input,select,textarea,[tabindex],[contenteditable]',
        );
    ((inside ?? element) as HTMLElement).focus({ preventScroll: false });
  };
  agent.fieldValue = (ref: number): string => {
    const field = fieldOf(agent.live(ref)) as HTMLInputElement;
    if (field.localName === 'select')
      return [...(field as unknown as HTMLSelectElement).selectedOptions]
        .map((option) => option.label)
        .join(', ');
    if (/^(input|textarea)$/.test(field.localName))
      return /^(checkbox|radio)$/.test(field.type)
        ? field.checked
          ? 'checked'
          : 'unchecked'
        : field.value;
    return field.isContentEditable ? field.innerText : agent.value(field);
  };
  /** Sets a date, time, colour or range, which have no text to type. */
  agent.setPicked = (ref: number, value: string): unknown => {
    const field = fieldOf(agent.live(ref)) as HTMLInputElement;
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set as (
      this: HTMLInputElement,
      value: string,
    ) => void;
    const before = field.value;
    field.focus({ preventScroll: true });
    const wanted = field.type === 'color' ? value.toLowerCase() : value.trim();
    set.call(field, wanted);
    if (
      field.value !== wanted &&
      !(field.type === 'range' && Number(field.value) === Number(wanted)) &&
      !(field.value !== '' && field.value.startsWith(wanted))
    ) {
      set.call(field, before);
      return { problem: `a ${field.type} field does not take "${value}"` };
    }
    changed(field);
    return { value: field.value };
  };

  agent.selectNative = (ref: number, values: string[]): unknown => {
    const select = fieldOf(agent.live(ref)) as HTMLSelectElement;
    if (select.localName !== 'select') return { native: false };
    const options = [...select.options];
    const chosen = new Set<HTMLOptionElement>();
    for (const value of values) {
      const option =
        options.find((each) => each.value === value) ??
        options.find((each) => each.label === value) ??
        options.find((each) => fold(each.label) === fold(value)) ??
        options.find((each) => fold(each.label).includes(fold(value)) && fold(value) !== '');
      if (!option)
        return {
          native: true,
          missing: value,
          options: options.slice(0, 30).map((each) => agent.clean(each.label).trim()),
        };
      if (option.disabled) return { native: true, disabled: value };
      chosen.add(option);
    }
    if (!select.multiple && chosen.size > 1) return { native: true, single: true };
    select.focus({ preventScroll: true });
    for (const option of options)
      if (option.selected !== chosen.has(option) && (select.multiple || chosen.has(option)))
        option.selected = chosen.has(option);
    changed(select);
    return { native: true, value: [...select.selectedOptions].map((option) => option.label) };
  };
  const optionsOf = (element: Element): Element[] => {
    const control = element.querySelector('[role=combobox],[aria-controls],[aria-owns]') ?? element;
    const ids =
      `${control.getAttribute('aria-controls') ?? ''} ${control.getAttribute('aria-owns') ?? ''}`
        .split(/\s+/)
        .filter(Boolean);
    const root = control.getRootNode() as Document;
    const lists = ids
      .map((id) => root.getElementById?.(id) ?? document.getElementById(id))
      .filter((list) => list !== null);
    if (element.getAttribute('role') === 'listbox') lists.unshift(element as HTMLElement);
    const found: Element[] = [];
    const among = (scope: Element | null): void => {
      agent.all((each) => {
        const role = each.getAttribute('role');
        const fits =
          role === 'option' ||
          role === 'menuitemradio' ||
          role === 'menuitem' ||
          role === 'treeitem';
        if (
          fits &&
          each.getClientRects().length > 0 &&
          (!scope || scope.contains(each) || agent.chain(each).includes(scope))
        )
          found.push(each);
      });
    };
    agent.gather();
    for (const list of lists) among(list);
    if (found.length === 0) among(null);
    if (found.length === 0) {
      for (const list of lists)
        for (const each of list.querySelectorAll('li,[data-value],div'))
          if (each.childElementCount === 0 && each.getClientRects().length > 0) found.push(each);
    }
    return found;
  };
  /** The shown option of a custom list that has this value or label. */
  agent.findOption = (ref: number, value: string): unknown => {
    const element = agent.live(ref);
    const options = optionsOf(element);
    const labelOf = (option: Element): string =>
      fold(option.getAttribute('aria-label') ?? option.textContent ?? '');
    const valueOf = (option: Element): string | null =>
      option.getAttribute('data-value') ?? option.getAttribute('value');
    const option =
      options.find((each) => valueOf(each) === value) ??
      options.find((each) => labelOf(each) === fold(value)) ??
      options.find((each) => fold(value) !== '' && labelOf(each).includes(fold(value)));
    if (!option)
      return {
        count: options.length,
        options: options
          .slice(0, 20)
          .map((each) => agent.cut(agent.clean(each.textContent ?? '').trim(), 40)),
      };
    return {
      ref: agent.ref(option),
      label: agent.clean(option.textContent ?? '').trim(),
      selected: option.getAttribute('aria-selected') === 'true',
    };
  };
  /** The same, once it is shown, or what is shown at the deadline. */
  agent.optionSoon = async (ref: number, value: string, maxMs: number): Promise<unknown> => {
    const until = performance.now() + maxMs;
    for (;;) {
      const option = (agent.findOption as (ref: number, value: string) => object)(ref, value);
      if ('ref' in option || performance.now() >= until) return option;
      // A style sheet may show it without a change of the document.
      await agent.changed(Math.min(100, until - performance.now()));
    }
  };
  agent.expanded = (ref: number): boolean => {
    const element = agent.live(ref);
    const control = element.matches('[aria-expanded]')
      ? element
      : (element.querySelector('[aria-expanded]') ?? element);
    return control.getAttribute('aria-expanded') === 'true';
  };

  agent.checkState = (ref: number): unknown => {
    const element = agent.live(ref);
    const control = (
      element.localName === 'label' ? ((element as HTMLLabelElement).control ?? element) : element
    ) as HTMLInputElement;
    const inner =
      control.localName === 'input'
        ? control
        : control.querySelector<HTMLInputElement>('input[type=checkbox],input[type=radio]');
    const state =
      control.localName !== 'input' && control.hasAttribute('aria-checked')
        ? control
        : (inner ?? control);
    const native = state.localName === 'input' && /^(checkbox|radio)$/.test(state.type);
    const checked = native
      ? state.checked && !state.indeterminate
      : (state.getAttribute('aria-checked') ??
          state.getAttribute('aria-pressed') ??
          state.getAttribute('aria-selected')) === 'true';
    if (
      !native &&
      !state.hasAttribute('aria-checked') &&
      !state.hasAttribute('aria-pressed') &&
      !state.hasAttribute('aria-selected')
    )
      return { problem: 'it cannot be checked' };
    const label = native ? (state.labels?.[0] ?? null) : null;
    const box = state.getBoundingClientRect();
    const hidden =
      box.width <= 1 ||
      box.height <= 1 ||
      getComputedStyle(state).visibility !== 'visible' ||
      box.right < 0;
    return {
      checked,
      radio: native && state.type === 'radio',
      touch: agent.ref(hidden && label ? label : element),
    };
  };
}
