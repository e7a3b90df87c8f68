/// <reference lib="dom" />

/**
 * Runs in the page's own world before any page script, in every frame and popup. It keeps closed shadow roots, which nothing can ask for
 * later, and hands them to the isolated world in a synthetic touch event: the one event whose targets are not retargeted.
 */
function keepClosedRoots(key: string): void {
  const apply = Reflect.apply;
  const element = Element.prototype;
  const attach = element.attachShadow;
  const openRoot = Object.getOwnPropertyDescriptor(element, 'shadowRoot')
    ?.get as () => ShadowRoot | null;
  const connected = Object.getOwnPropertyDescriptor(Node.prototype, 'isConnected')
    ?.get as () => boolean;
  const dereference = WeakRef.prototype.deref;
  const dispatch = EventTarget.prototype.dispatchEvent;
  const listen = EventTarget.prototype.addEventListener;
  const TouchList = TouchEvent;
  const OneTouch = Touch;
  const Weak = WeakRef;
  const home = document;
  const closed: WeakRef<ShadowRoot>[] = [];
  element.attachShadow = new Proxy(attach, {
    apply(target, self, args) {
      const root = apply(target, self, args) as ShadowRoot;
      if (apply(openRoot, self, []) === null) closed[closed.length] = new Weak(root);
      return root;
    },
  });
  const tell = (): void => {
    const touches: Touch[] = [];
    for (let index = 0; index < closed.length; index += 1) {
      const root = apply(dereference, closed[index], []) as ShadowRoot | undefined;
      if (root && apply(connected, root, []))
        touches[touches.length] = new OneTouch({ identifier: 1, target: root });
    }
    apply(dispatch, home, [new TouchList(`${key}-root`, { touches })]);
  };
  const hear = (): void => {
    apply(listen, home, [`${key}-roots`, tell]);
  };
  hear();
  // A document that is opened to be written anew loses its listeners, not its observers.
  new MutationObserver(hear).observe(home, { childList: true });
}

/**
 * Runs in the page's own world with the inspector's `getEventListeners`: only there are the page's listeners seen. Answers which
 * elements have a click-like listener, own or delegated as far as a library keeps it on record.
 */
function tellListeners(
  key: string,
  listenersOf: ((target: EventTarget) => Record<string, unknown[]>) | null,
): void {
  if (!listenersOf) return;
  const apply = Reflect.apply;
  const dispatch = EventTarget.prototype.dispatchEvent;
  const listen = EventTarget.prototype.addEventListener;
  const inDocument = Document.prototype.querySelectorAll;
  const inFragment = DocumentFragment.prototype.querySelectorAll;
  const openRoot = Object.getOwnPropertyDescriptor(Element.prototype, 'shadowRoot')
    ?.get as () => ShadowRoot | null;
  const TouchList = TouchEvent;
  const OneTouch = Touch;
  const home = document;
  const kinds: Record<string, number | undefined> = Object.assign(Object.create(null) as object, {
    click: 1,
    dblclick: 1,
    mousedown: 1,
    mouseup: 1,
    pointerdown: 1,
    pointerup: 1,
    touchstart: 1,
    touchend: 1,
    contextmenu: 1,
    auxclick: 1,
    dragstart: 1,
  });
  const typed: Record<string, number | undefined> = Object.assign(Object.create(null) as object, {
    keydown: 1,
    keypress: 1,
    keyup: 1,
  });
  const sent: Record<string, number | undefined> = Object.assign(Object.create(null) as object, {
    submit: 1,
    formdata: 1,
  });
  const has = (element: EventTarget): boolean => {
    for (const kind in listenersOf(element)) if (kinds[kind] === 1) return true;
    return '__click' in element;
  };
  const answer = (found: EventTarget[]): void => {
    const touches: Touch[] = [];
    for (let index = 0; index < found.length; index += 1)
      touches[index] = new OneTouch({ identifier: 1, target: found[index] as EventTarget });
    apply(dispatch, home, [new TouchList(`${key}-heard`, { touches })]);
  };
  const delegated = (found: EventTarget[], holders: EventTarget[]): void => {
    const library = (
      window as unknown as { jQuery?: { _data?: (holder: EventTarget, name: string) => unknown } }
    ).jQuery;
    if (!library?._data) return;
    for (const holder of holders) {
      const events = library._data(holder, 'events') as
        | Record<string, { selector?: string }[]>
        | undefined;
      for (const kind in events)
        if (kinds[kind] === 1)
          for (const { selector } of events[kind] ?? [])
            if (selector)
              for (const element of apply(inDocument, home, [selector]) as NodeListOf<Element>)
                found[found.length] = element;
    }
  };
  const asked: [name: string, answer: (event: Event) => void][] = [];
  const hear = (): void => {
    for (let index = 0; index < asked.length; index += 1)
      apply(listen, home, asked[index] as [string, (event: Event) => void]);
  };
  asked[0] = [
    `${key}-scan`,
    (event) => {
      const found: EventTarget[] = [];
      const scan = (root: Node, query: () => NodeListOf<Element>): void => {
        const elements = apply(query, root, ['*']) as NodeListOf<Element>;
        for (let index = 0, count = elements.length; index < count; index += 1) {
          const element = elements[index] as Element;
          if (has(element)) found[found.length] = element;
          const inner = apply(openRoot, element, []);
          if (inner) scan(inner, inFragment as () => NodeListOf<Element>);
        }
      };
      scan(home, inDocument as () => NodeListOf<Element>);
      for (const touch of (event as TouchEvent).touches)
        scan(touch.target as Node, inFragment as () => NodeListOf<Element>);
      try {
        delegated(found, [home, home.body, ...found.slice(0, 200)]);
      } catch {
        // A page's own library is not to be relied on.
      }
      answer(found);
    },
  ];
  const onAny =
    (wanted: Record<string, number | undefined>, answered: string) =>
    (event: Event): void => {
      const touches = (event as TouchEvent).touches;
      for (let index = -2; index < touches.length; index += 1) {
        const target =
          index === -2 ? window : index === -1 ? home : (touches[index] as Touch).target;
        for (const kind in listenersOf(target))
          if (wanted[kind] === 1) {
            apply(dispatch, home, [new TouchList(answered)]);
            return;
          }
      }
    };
  asked[1] = [`${key}-keys`, onAny(typed, `${key}-keyed`)];
  asked[2] = [`${key}-sends`, onAny(sent, `${key}-sent`)];
  asked[3] = [
    `${key}-ask`,
    (event) => {
      const found: EventTarget[] = [];
      for (const touch of (event as TouchEvent).touches)
        if (has(touch.target)) found[found.length] = touch.target;
      answer(found);
    },
  ];
  hear();
  // A document that is opened to be written anew loses its listeners, not its observers.
  new MutationObserver(hear).observe(home, { childList: true });
}

export const closedRootsScript = (key: string): string =>
  `(${keepClosedRoots.toString()})(${JSON.stringify(key)});`;

export const listenersScript = (key: string): string =>
  `(${tellListeners.toString()})(${JSON.stringify(key)}, typeof getEventListeners === 'function' ? getEventListeners : null);`;

/**
 * What a shared worker sends is seen by no page's session, so there are none, as there are no service workers: sites that ask for them
 * see a browser that lacks them.
 */
export const withoutSharedWorkers = 'delete globalThis.SharedWorker;';
