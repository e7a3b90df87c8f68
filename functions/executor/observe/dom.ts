/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Refs, shadow roots, and how page text is made safe. Runs in the isolated world; must not use anything from outside the function. */
export function installDom(agent: Agent): void {
  const refs = new WeakMap<Element, number>();
  const elements = new Map<number, WeakRef<Element>>();
  const roots = new WeakMap<Element, ShadowRoot>();
  const known: WeakRef<ShadowRoot>[] = [];
  const checked = new WeakSet<Element>();
  let heard = new WeakSet<EventTarget>();
  const UNSEEN =
    /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
  const HOSTS =
    /^(article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span|.*-.*)$/;

  const listeners = new Map<string, (event: Event) => void>();
  const listen = (): void => {
    for (const [name, listener] of listeners)
      document.addEventListener(`${agent.key}-${name}`, listener);
  };
  const hear = (name: string, listener: (event: Event) => void): void => {
    listeners.set(name, listener);
    listen();
  };
  // A document that is opened to be written anew loses its listeners, not its observers.
  new MutationObserver(listen).observe(document, { childList: true });

  hear('root', (event) => {
    for (const touch of (event as TouchEvent).touches)
      agent.addRoot(touch.target as unknown as ShadowRoot);
  });
  hear('heard', (event) => {
    const touches = (event as TouchEvent).touches;
    for (let index = 0, count = touches.length; index < count; index += 1)
      heard.add((touches[index] as Touch).target);
  });

  const XLINK = 'http://www.w3.org/1999/xlink';
  agent.rawHref = (element) =>
    element.getAttribute('href') ?? element.getAttributeNS(XLINK, 'href') ?? null;
  agent.absolute = (address) => {
    try {
      return new URL(address, document.baseURI).href;
    } catch {
      return address;
    }
  };
  agent.hrefOf = (link) => agent.absolute(agent.rawHref(link) ?? '');
  agent.isFrame = (element) =>
    /^i?frame$/.test(element.localName) ||
    (element.localName === 'object' && (element as HTMLObjectElement).contentWindow !== null) ||
    (element.localName === 'embed' && (element as HTMLEmbedElement).getSVGDocument() !== null);
  agent.top = () => document.documentElement ?? document.createElement('html');
  agent.begin = (options) => {
    agent.masks = options.masks;
    agent.prefix = options.prefix;
    agent.focusedElement = agent.active();
    agent.labelMap = new Map();
    for (const label of document.querySelectorAll<HTMLLabelElement>('label[for]')) {
      const others = agent.labelMap.get(label.htmlFor);
      if (others) others.push(label);
      else agent.labelMap.set(label.htmlFor, [label]);
    }
    agent.sortable = document.querySelector('[aria-sort]') !== null;
  };
  agent.ref = (element) => {
    let ref = refs.get(element);
    if (ref === undefined) {
      ref = agent.next++;
      refs.set(element, ref);
      elements.set(ref, new WeakRef(element));
    }
    return ref;
  };
  agent.element = (ref) => elements.get(ref)?.deref();
  agent.rebind = (ref, element) => {
    refs.set(element, ref);
    elements.set(ref, new WeakRef(element));
  };
  agent.addRoot = (root) => {
    if (roots.has(root.host)) return;
    roots.set(root.host, root);
    known.push(new WeakRef(root));
  };
  agent.rootOf = (element) => element.shadowRoot ?? roots.get(element) ?? null;
  agent.gather = () => void document.dispatchEvent(new Event(`${agent.key}-roots`));
  const ask = (kind: string, targets: EventTarget[]): void => {
    const touches = targets.map((target) => new Touch({ identifier: 1, target }));
    document.dispatchEvent(new TouchEvent(`${agent.key}-${kind}`, { touches }));
  };
  agent.scanListeners = () => {
    heard = new WeakSet();
    const live = known.map((weak) => weak.deref()).filter((root) => root?.isConnected);
    ask('scan', live as ShadowRoot[]);
  };
  agent.listens = (element) => {
    const html = (agent.isPassedOver(element) ? agent.plainly(element) : element) as HTMLElement;
    return heard.has(element) || Boolean(html.onclick || html.onmousedown || html.onpointerdown);
  };
  let keyed = false;
  hear('keyed', () => void (keyed = true));
  /** Somebody listens to keys that are pressed in this element. */
  agent.hearsKeys = (element: Element): boolean => {
    keyed = false;
    const above = [...agent.chain(element), agent.top()];
    if (document.body) above.push(document.body);
    const form = element.closest('form');
    if (form && agent.isPassedOver(form)) above.push(form);
    ask('keys', above);
    return keyed;
  };
  let scripted = false;
  hear('sent', () => void (scripted = true));
  /** A script may take the form when it is sent, there or above it; or it names no method, so nothing else would make sense of it. */
  agent.isScripted = (form: HTMLFormElement): boolean => {
    const { onsubmit, hasAttribute } = agent.plainly(form);
    scripted = onsubmit !== null || !hasAttribute('method');
    if (!scripted) ask('sends', [...agent.chain(form), agent.top()]);
    return scripted;
  };
  agent.askListeners = (targets: Element[]): boolean => {
    heard = new WeakSet();
    ask('ask', targets);
    return targets.some(agent.listens);
  };
  /** Elements that may host a declarative closed root: they have a box, but their children have none. Each is asked about once. */
  agent.suspects = () => agent.suspected ?? [];
  agent.suspect = () => {
    const alike = new Map<string, number>();
    const found: Element[] = [];
    agent.all((element) => {
      if (found.length >= 40) return false;
      if (!HOSTS.test(element.localName) || checked.has(element) || agent.rootOf(element)) return;
      const first = agent.firstChild(element);
      if (!first && element.textContent?.trim() && !element.localName.includes('-')) return;
      if (first && (first.checkVisibility() || first.getClientRects().length > 0)) return;
      const box = element.getBoundingClientRect();
      checked.add(element);
      // Of elements that are made alike, a few stand for all.
      const kind = `${element.localName} ${element.getAttribute('class') ?? ''}`;
      const count = (alike.get(kind) ?? 0) + 1;
      alike.set(kind, count);
      if (count > 3 && element.id === '') return;
      if (box.width >= 8 && box.height >= 8) found.push(element);
      return;
    });
    agent.suspected = found;
    return found.length;
  };
  agent.children = (element) => {
    const root = agent.rootOf(element);
    if (root) return agent.flat(root.childNodes, root);
    if (element.localName === 'slot') {
      const assigned = (element as HTMLSlotElement).assignedNodes();
      if (assigned.length > 0) return assigned;
    }
    return agent.flat(element.childNodes);
  };
  /** Visits every element, through open and closed shadow roots, until a visit returns false. */
  agent.all = (visit) => {
    const enter = (root: ParentNode): boolean => {
      for (const element of root.querySelectorAll('*')) {
        if (agent.isPassedOver(element)) continue;
        if (visit(element) === false) return false;
        const inner = agent.rootOf(element);
        if (inner && !enter(inner)) return false;
      }
      return true;
    };
    enter(document);
  };
  agent.clean = (text) => {
    let plain = text;
    if (!/^[\x20-\x7e]*$/.test(plain)) plain = plain.replace(UNSEEN, '');
    plain = plain.replace(/\s+/g, ' ');
    for (const mask of agent.masks) if (plain.includes(mask)) plain = plain.split(mask).join('•••');
    return plain;
  };
  agent.cut = (text, length) => {
    if (text.length <= length) return text;
    const end = /[\ud800-\udbff]/.test(text[length - 1] ?? '') ? length - 1 : length;
    return `${text.slice(0, end)}…`;
  };
  agent.escape = (text) => text.replace(/[\\[\]]/g, '\\$&');
  agent.escapeName = (text) =>
    agent
      .escape(text)
      .replace(/;(?= |$)/g, '\\;')
      .replace(/(^| )=(?= |$)/g, '$1\\=');
  agent.active = () => {
    let active = document.activeElement;
    for (
      let inner = active && agent.rootOf(active);
      active && inner?.activeElement;
      inner = agent.rootOf(active)
    )
      active = inner.activeElement;
    return active === document.body ? null : active;
  };
}
