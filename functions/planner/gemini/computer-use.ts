import type { FunctionCall } from './function-call.ts';
import type { WireItem } from './wire-step.ts';

/** Of the page in CSS pixels; the model speaks in thousandths of it. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** Calls that would leave a button or key down between two steps; the model is told not to use them. */
export const EXCLUDED_CALLS = ['mouse_down', 'mouse_up', 'key_down', 'key_up'] as const;

const SCALE = 1_000;
const KEYS: Readonly<Record<string, string>> = {
  ctrl: 'Control',
  control: 'Control',
  cmd: 'Meta',
  command: 'Meta',
  meta: 'Meta',
  alt: 'Alt',
  option: 'Alt',
  shift: 'Shift',
  enter: 'Enter',
  return: 'Enter',
  esc: 'Escape',
  escape: 'Escape',
  tab: 'Tab',
  space: 'Space',
  backspace: 'Backspace',
  delete: 'Delete',
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
  pageup: 'PageUp',
  page_up: 'PageUp',
  pagedown: 'PageDown',
  page_down: 'PageDown',
  home: 'Home',
  end: 'End',
};

type Args = Readonly<Record<string, unknown>>;

/** Absent, so that the contract names what is missing, when the call gives no number. */
function point(args: Args, { width, height }: Viewport): { target?: string } {
  const { x, y } = args;
  if (typeof x !== 'number' || typeof y !== 'number') return {};
  const at = (part: number, whole: number): number =>
    Math.min(Math.max(Math.round((part / SCALE) * whole), 0), Math.max(whole - 1, 0));
  return { target: `@${at(x, width)},${at(y, height)}` };
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function keysOf(value: unknown): string {
  const names = Array.isArray(value) ? value.map(String) : textOf(value, '').split(/\+(?=.)/);
  return names.map((name) => KEYS[name.trim().toLowerCase()] ?? name.trim()).join('+');
}

function amount(args: Args): number {
  const given = args['magnitude'] ?? args['amount'];
  return typeof given === 'number' ? given / SCALE : 0.8;
}

function scroll(args: Args, view: Viewport): WireItem {
  const share = amount(args);
  const by: Readonly<Record<string, WireItem>> = {
    down: { dy: Math.round(share * view.height) },
    up: { dy: -Math.round(share * view.height) },
    right: { dx: Math.round(share * view.width) },
    left: { dx: -Math.round(share * view.width) },
  };
  return { action: 'scroll', ...point(args, view), ...by[textOf(args['direction'], 'down')] };
}

function typed(args: Args): WireItem {
  return {
    action: 'type',
    text: args['text'],
    ...(typeof args['clear_before_typing'] === 'boolean' && { clear: args['clear_before_typing'] }),
    ...(typeof args['press_enter'] === 'boolean' && { submit: args['press_enter'] }),
  };
}

type Map = (args: Args, view: Viewport) => WireItem;

const clicks =
  (count: number, button?: string): Map =>
  (args, view) => ({
    action: 'click',
    ...point(args, view),
    ...(count > 1 && { count }),
    ...(button !== undefined && { button }),
  });
/** From and to; the newer vocabulary's names for them, and the older one's. */
const drag: Map = (args, view) => {
  const to = {
    x: args['destination_x'] ?? args['end_x'],
    y: args['destination_y'] ?? args['end_y'],
  };
  const from = { x: args['x'] ?? args['start_x'], y: args['y'] ?? args['start_y'] };
  return { action: 'drag', from: point(from, view).target, to: point(to, view).target };
};
const press: Map = (args) => ({ action: 'press', keys: keysOf(args['keys'] ?? args['key']) });
const hover: Map = (args, view) => ({ action: 'hover', ...point(args, view) });
const bare =
  (action: string): Map =>
  () => ({ action });

/** Both vocabularies of the built-in tool, by name. What has no step of ours is refused by the contract, and the model told. */
const CALLS: Readonly<Record<string, Map>> = {
  click_at: clicks(1),
  hover_at: hover,
  type_text_at: (args, view) => ({ ...typed(args), ...point(args, view) }),
  key_combination: press,
  scroll_document: (args, view) => scroll({ direction: args['direction'] }, view),
  scroll_at: scroll,
  drag_and_drop: drag,
  wait_5_seconds: () => ({ action: 'wait', ms: 5_000 }),
  open_web_browser: bare('screenshot'),
  click: clicks(1),
  double_click: clicks(2),
  triple_click: clicks(3),
  middle_click: clicks(1, 'middle'),
  right_click: clicks(1, 'right'),
  move: hover,
  type: (args) => ({ clear: false, ...typed(args) }),
  press_key: press,
  hotkey: press,
  scroll,
  wait: (args) => ({
    action: 'wait',
    ms: typeof args['seconds'] === 'number' ? Math.round(args['seconds'] * 1_000) : 1_000,
  }),
  take_screenshot: bare('screenshot'),
  navigate: (args) => ({ action: 'navigate', url: args['url'] }),
  go_back: bare('back'),
  go_forward: bare('forward'),
};

/** The service's own doubt about a call, when it is one. Any word but a clear yes is a doubt. */
export function safetyDoubt({ args }: FunctionCall): string | undefined {
  const safety = args['safety_decision'];
  if (safety === undefined || safety === null) return undefined;
  const { decision, explanation } = safety as { decision?: unknown; explanation?: unknown };
  if (decision === 'regular' || decision === 'allowed') return undefined;
  return textOf(explanation, textOf(decision, 'no reason given')).slice(0, 2_000);
}

/** A call of Gemini's Computer Use, or of our own functions, as the flat item that the contract judges. */
export function fromComputerUse({ name, args }: FunctionCall, view: Viewport): WireItem {
  const { safety_decision: _safety, intent, ...rest } = args;
  const map = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  return map
    ? { ...map(rest, view), ...(typeof intent === 'string' && { why: intent.slice(0, 200) }) }
    : { ...rest, action: name };
}
