/// <reference lib="dom" />
import type { Agent, ElementFacts } from './agent.ts';

/** Facts of an element that tell what acting on it may do. Runs in the isolated world; must not use anything from outside the function. */
export function installFacts(agent: Agent): void {
  const closest = (element: Element, selector: string): Element | null =>
    agent.chain(element).find((each) => each.matches(selector)) ?? null;

  agent.place = (): unknown => ({
    origin: self.origin,
    ancestors: [...location.ancestorOrigins],
    url: document.URL,
  });

  const formOf = (element: Element): HTMLFormElement | null => {
    const own = (element as HTMLInputElement).form;
    if (own) return own;
    for (const each of agent.chain(element)) {
      const around = each.closest('form');
      if (around) return around;
    }
    return null;
  };
  const formFacts = (form: HTMLFormElement, submitter: Element | null): ElementFacts['form'] => {
    const control = submitter as HTMLButtonElement | null;
    // The control that submits sends its own name and value too.
    const fields = [...agent.plainly(form).elements].filter(
      (field) =>
        (field === submitter && (field as HTMLButtonElement).name !== '') ||
        (/^(input|select|textarea)$/.test(field.localName) &&
          !/^(submit|button|reset|image)$/.test((field as HTMLInputElement).type)),
    );
    const valueOf = (field: HTMLInputElement): string => {
      if (field.type === 'checkbox' || field.type === 'radio')
        return field.checked ? field.value : '';
      if (field.localName === 'select')
        return [...(field as unknown as HTMLSelectElement).selectedOptions]
          .map((option) => option.value)
          .join('\n');
      return field.value;
    };
    const method = (
      control?.getAttribute('formmethod') ??
      agent.plainly(form).getAttribute('method') ??
      'get'
    ).toLowerCase();
    const action =
      control?.getAttribute('formaction') ?? agent.plainly(form).getAttribute('action') ?? '';
    return {
      method: method === 'post' || method === 'dialog' ? method : 'get',
      action: agent.absolute(action || document.URL),
      scripted: agent.isScripted(form),
      hasPassword: fields.some((field) => (field as HTMLInputElement).type === 'password'),
      fields: fields.slice(0, 200).map((field) => ({
        name: (field as HTMLInputElement).name,
        label: agent.cut(agent.clean(agent.label(field)).trim(), 200),
        type: (field as HTMLInputElement).type,
        value: valueOf(field as HTMLInputElement),
      })),
    };
  };
  const isSubmit = (control: Element): boolean =>
    (control.localName === 'button' && (control as HTMLButtonElement).type === 'submit') ||
    (control.localName === 'input' && /^(submit|image)$/.test((control as HTMLInputElement).type));

  /** What Enter does in a field: submits its form, by its button or alone. */
  const submitsByEnter = (element: Element): boolean => {
    const form = (element as HTMLInputElement).form;
    if (
      element.localName !== 'input' ||
      !form ||
      /^(button|reset|checkbox|radio|file|color|range)$/.test((element as HTMLInputElement).type)
    )
      return false;
    if ([...agent.plainly(form).elements].some(isSubmit)) return true;
    return (
      [...agent.plainly(form).elements].filter(
        (field) =>
          field.localName === 'input' &&
          /^(text|search|tel|url|email|password|date|month|week|time|datetime-local|number)$/.test(
            (field as HTMLInputElement).type,
          ),
      ).length <= 1
    );
  };
  const pageCode = (link: Element): boolean => {
    const raw = agent.rawHref(link)?.trim() ?? '';
    return raw === '' || raw === '#' || raw.startsWith('#!') || /^javascript:/i.test(raw);
  };

  agent.facts = (ref, how) => {
    const element = agent.live(ref);
    const activated = closest(
      element,
      'a[*|href],area[href],button,input,select,textarea,summary,label,option',
    );
    const control =
      activated?.localName === 'label'
        ? ((activated as HTMLLabelElement).control ?? activated)
        : (activated ?? element);
    const link = closest(element, 'a[*|href],area[href]');
    const role = agent.operable(element) ?? agent.roleOf(element) ?? '';
    const type =
      control.localName === 'input' || control.localName === 'button'
        ? (control as HTMLInputElement).type
        : undefined;
    const enter = how === 'enter' && submitsByEnter(control);
    const submits = enter || (isSubmit(control) && (control as HTMLButtonElement).form !== null);
    const form = formOf(control);
    const submitter = isSubmit(control)
      ? control
      : enter && form
        ? ([...agent.plainly(form).elements].find(isSubmit) ?? null)
        : null;
    const chain = agent.chain(element);
    if (form && agent.isPassedOver(form)) chain.push(form);
    const listens = agent.askListeners(
      control === activated || !activated ? chain : [...chain, control],
    );
    const field = /^(input|textarea|select)$/.test(control.localName);
    return {
      tag: element.localName,
      role,
      name: agent.unit(element, role || 'clickable').name,
      inputType: type ?? null,
      href: link ? agent.hrefOf(link) : null,
      download: link?.hasAttribute('download') ?? false,
      disabled: control.matches(':disabled') || closest(element, '[aria-disabled=true]') !== null,
      editable:
        (/^(input|textarea)$/.test(control.localName) &&
          !/^(checkbox|radio|submit|button|reset|image|file|hidden)$/.test(type ?? '') &&
          !(control as HTMLInputElement).readOnly) ||
        (element as HTMLElement).isContentEditable,
      submits,
      form: form ? formFacts(form, submitter) : null,
      near: agent.cut(agent.context(element), 300),
      listeners: listens || (link !== null && pageCode(link)),
      stateOnly:
        control.localName === 'select' ||
        control.localName === 'summary' ||
        control.localName === 'option' ||
        (control.localName === 'input' && /^(checkbox|radio)$/.test(type ?? '')) ||
        closest(element, '[role=tab]') !== null,
      inDialog:
        closest(element, 'dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true]') !==
        null,
      credential:
        field &&
        (/^(password|email)$/.test(type ?? '') ||
          /\b(username|email|current-password|new-password|one-time-code|webauthn)\b/.test(
            control.getAttribute('autocomplete') ?? '',
          ) ||
          /user|login|e-?mail|account|pass|otp|code|pin|token|secret|kennung|benutzer|kennwort/i.test(
            `${control.getAttribute('name') ?? ''} ${control.id} ${agent.label(control)}`,
          )) &&
        type !== 'search' &&
        control.getAttribute('role') !== 'searchbox',
    };
  };
}
