/// <reference lib="dom" />

/** What stays in the isolated world of one document, shared by the in-page functions; never seen by the page. */
export interface Agent {
  readonly key: string;
  ready: boolean;
  masks: string[];
  /** `f2` inside frame 2, else empty. */
  prefix: string;
  next: number;
  begin(options: { masks: string[]; prefix: string }): void;

  // clobbering.ts
  /** To read what the holder is by its nature, whatever names its content has. */
  plainly<Holder extends object>(holder: Holder): Holder;
  /** True for a form in whose place its content stands. */
  isPassedOver(node: Node): boolean;
  /** To be read, not to be handed on. */
  firstChild(element: Element): Element | null;
  /** `root`: the shadow root that they are in. */
  flat(nodes: ArrayLike<Node>, root?: ShadowRoot): ArrayLike<Node>;
  /** The parent, or the host of the shadow root. */
  parent(node: Node): Element | null;

  // dom.ts: refs, shadow roots, text
  /** As it is written; drawings have links of their own kind. */
  rawHref(element: Element): string | null;
  /** As it is where it is no address. */
  absolute(address: string): string;
  /** Where a link leads, absolute. */
  hrefOf(link: Element): string;
  /** Holds a document of its own. */
  isFrame(element: Element): boolean;
  /** The document's element; one without content where a script has emptied the document. */
  top(): Element;
  ref(element: Element): number;
  element(ref: number): Element | undefined;
  rebind(ref: number, element: Element): void;
  gather(): void;
  scanListeners(): void;
  listens(element: Element): boolean;
  addRoot(root: ShadowRoot): void;
  rootOf(element: Element): ShadowRoot | null;
  suspected: Element[] | undefined;
  suspect(): number;
  suspects(): Element[];
  children(element: Element): ArrayLike<Node>;
  all(visit: (element: Element) => boolean | void): void;
  clean(text: string): string;
  cut(text: string, length: number): string;
  escape(text: string): string;
  escapeName(text: string): string;
  active(): Element | null;

  // names.ts: what an element is called
  roleOf(element: Element): string | null;
  label(element: Element): string;
  labelledControl(element: Element): Element | null;
  value(element: Element): string;
  flags(element: Element): string[];
  context(element: Element): string;

  /** Labels by the id they are for, while a walk goes on. */
  labelMap: Map<string, HTMLLabelElement[]> | null;

  // hovering.ts
  hovers: Set<Element>;
  findHovers(): Set<Element>;

  // waiting.ts
  changed(maxMs: number): Promise<void>;

  // shape.ts
  shape: Shape;

  // walk.ts
  walkDocument(options: WalkOptions): Walked;
  unit(element: Element, role: string): Unit;
  operable(element: Element): string | null;
  seen: Map<number, Fingerprint>;
  remember(unit: Unit): void;
  observe(options: WalkOptions): WalkResult;

  // touch.ts
  /** The pointer is about to be brought here. */
  expectPointer(): void;

  // targets.ts
  askListeners(targets: Element[]): boolean;
  hearsKeys(element: Element): boolean;
  isScripted(form: HTMLFormElement): boolean;
  /** Where the units in the view stood when they were last observed. */
  keepBoxes(lines: readonly Line[]): void;
  chain(element: Element): Element[];
  live(ref: number): Element;
  hit(x: number, y: number): Element | null;
  check(ref: number): TargetCheck;
  facts(ref: number, how: 'point' | 'enter'): ElementFacts;
  [name: string]: unknown;
}

export interface Unit {
  ref: number;
  role: string;
  name: string;
  text: string;
  inner: string[];
}

export interface Fingerprint {
  tag: string;
  role: string;
  name: string;
  context: string;
}

export interface WalkOptions {
  budget: number;
  prefix: string;
  masks: string[];
  timeMs: number;
  diff: boolean;
  /** Count what may hide a declarative closed root. */
  suspect: boolean;
}

/** `owner`: the ref of a frame element whose content belongs after this line. */
export interface WalkLine {
  text: string;
  owner?: number;
}

export interface WalkResult {
  lines: WalkLine[];
  diff?: WalkLine[];
  refs: number;
  diffRefs: number;
  above: number;
  below: number;
  cutTexts: number;
  timedOut: boolean;
  suspects: number;
  view: {
    width: number;
    height: number;
    x: number;
    y: number;
    pageWidth: number;
    pageHeight: number;
  };
  title: string;
  ms: number;
}

/** Whether a ref still means what was shown: `gone`, `changed` (with what it was and what it is now), or fit to act on. */
export type TargetCheck =
  | { state: 'ok'; healed: boolean }
  | { state: 'unknown' }
  | { state: 'stale'; reason: string };

export interface ElementFacts {
  tag: string;
  role: string;
  name: string;
  inputType: string | null;
  href: string | null;
  download: boolean;
  disabled: boolean;
  editable: boolean;
  submits: boolean;
  form: {
    method: 'get' | 'post' | 'dialog';
    action: string;
    hasPassword: boolean;
    scripted: boolean;
    fields: { name: string; label: string; type: string; value: string }[];
  } | null;
  listeners: boolean;
  /** Text of the row, list item or heading that it belongs to. */
  near: string;
  stateOnly: boolean;
  inDialog: boolean;
  /** A field for a password, user name, e-mail address or one-time code. */
  credential: boolean;
}

export interface DocumentPlace {
  origin: string;
  ancestors: string[];
  url: string;
}

export type Clip = readonly [left: number, top: number, right: number, bottom: number];

/** `zone`: 0 above the view, 1 in it, 2 below. */
export interface Line {
  key: string;
  text: string;
  zone: number;
  units: Unit[];
  owner?: number;
}

/** `above` and `below` count controls that were passed over; `isWhole` when nothing was. */
export interface Walked {
  lines: Line[];
  above: number;
  below: number;
  cutTexts: number;
  timedOut: boolean;
  isWhole: boolean;
}

export interface Shape {
  hint(element: Element): string;
  choices(element: Element): HTMLOptionElement[];
  unitText(element: Element, ref: number, role: string, called: string): string;
  operable(
    element: Element,
    style: CSSStyleDeclaration,
    cursorAbove: string,
    box: DOMRect | null,
  ): string | null;
  isHiddenBox(box: DOMRect, overflow: string): boolean;
  isHiddenText(parent: Element | null): boolean;
  isRow(element: Element, display: string): boolean;
  isCell(element: Element, display: string): boolean;
  isContainer(element: Element, role: string, block: boolean): boolean;
}
