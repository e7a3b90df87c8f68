import type { ActionOf } from '../../../shared/contracts/action.ts';
import type { DocumentPlace } from '../observe/agent.ts';
import type { Tab } from '../browser/tab.ts';
import { placeOf, pressAt } from './pointer.ts';
import { StepStop, type Afterwards, type Resolved, type Step, type StepResult } from './step.ts';

/** Where somebody listens to keys, text up to this length is typed key by key; all other text goes in as one insertion. */
const KEYED_LENGTH = 60;

type Focus =
  | { blocked: string }
  | { problem: string }
  | ({ multiline: boolean; password: boolean; keyed: boolean; before: string } & (
      | { kind: 'picked'; type: string }
      | { kind: 'keys' }
      | { kind: 'text'; empty: boolean; focused: boolean; maxLength?: number }
    ));

type Ready = Exclude<Focus, { problem: string } | { blocked: string }>;

/** The text to type, with placeholders replaced for exactly this field. */
async function resolved(
  step: Step,
  target: Resolved,
  text: string,
): Promise<{ text: string; secret: boolean }> {
  if (!text.includes('{{')) return { text, secret: false };
  const ready = await step.call<{ problem?: string }>(target, 'prepare', target.ref, {
    waitMs: step.left(),
    enabled: true,
    touch: false,
  });
  if (ready.problem !== undefined && !target.point)
    throw new StepStop('blocked', 'target_blocked', `the target cannot be used: ${ready.problem}`);
  const { place, credential } = await step.call<{ place: DocumentPlace; credential: boolean }>(
    target,
    'fieldPlace',
    target.ref,
  );
  return step.host.resolveText(text, {
    frameOrigin: place.origin,
    ancestorOrigins: place.ancestors,
    credentialField: credential,
  });
}

function keyOf(character: string): object {
  if (character === '\n' || character === '\r')
    return { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' };
  const upper = character.toUpperCase();
  if (/^[A-Z]$/.test(upper))
    return {
      key: character,
      code: `Key${upper}`,
      windowsVirtualKeyCode: upper.charCodeAt(0),
      text: character,
    };
  if (/^\d$/.test(character))
    return {
      key: character,
      code: `Digit${character}`,
      windowsVirtualKeyCode: character.charCodeAt(0),
      text: character,
    };
  if (character === ' ') return { key: ' ', code: 'Space', windowsVirtualKeyCode: 32, text: ' ' };
  return { key: character, text: character };
}

/** Key presses sent in one go; the browser keeps their order. */
async function typeKeys(tab: Tab, text: string): Promise<void> {
  const sent: Promise<unknown>[] = [];
  for (const character of text) {
    const key = keyOf(character);
    sent.push(
      tab.channel.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key }),
      tab.channel.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key, text: undefined }),
    );
  }
  await tab.taken(Promise.all(sent));
}

async function typeSlowly(tab: Tab, text: string, delayMs: number): Promise<void> {
  for (const character of text) {
    if (character === '\n') await tab.taken(tab.channel.send('Input.insertText', { text: '\n' }));
    else await typeKeys(tab, character);
    if (await tab.until(() => tab.dialog !== undefined || tab.closed, delayMs)) return;
  }
}

async function enterText(
  tab: Tab,
  text: string,
  focus: Ready,
  delayMs: number | undefined,
): Promise<void> {
  if (text === '') return;
  const { keyed, multiline } = focus;
  // A carriage return is the Enter key to some editors, and Enter may send what is typed.
  const plain = multiline ? text.replace(/\r\n?/g, '\n') : text.replace(/[\r\n]+/g, ' ');
  if (delayMs !== undefined) return typeSlowly(tab, plain, delayMs);
  const typed = focus.kind === 'keys' || keyed;
  if (typed && plain.length <= KEYED_LENGTH && !plain.includes('\n')) return typeKeys(tab, plain);
  const characters = Array.from(plain);
  const last = !typed || characters.at(-1) === '\n' ? '' : (characters.at(-1) ?? '');
  await tab.taken(
    tab.channel.send('Input.insertText', {
      text: last === '' ? plain : characters.slice(0, -1).join(''),
    }),
  );
  await typeKeys(tab, last);
}

async function focusField(
  step: Step,
  field: Resolved,
  options: { clear: boolean; ready: boolean; keepCaret: boolean },
): Promise<Ready> {
  const focus = await step.call<Focus>(field, 'readyText', field.ref, {
    waitMs: step.left(),
    ...options,
  });
  if ('blocked' in focus)
    throw new StepStop('blocked', 'target_blocked', `the target cannot be used: ${focus.blocked}`);
  if ('problem' in focus)
    throw new StepStop('refused', 'action_refused', `text cannot be typed there: ${focus.problem}`);
  return focus;
}

export async function type(step: Step, action: ActionOf<'type'>): Promise<StepResult> {
  const tab = step.tab();
  const target =
    action.target === undefined ? await step.focused() : await step.resolve(action.target);
  if (target.point) {
    await pressAt(step, await placeOf(step, target));
  }
  const field = target.point ? await step.focused() : target;
  const entry = await resolved(step, field, action.text);
  const ready = target.point !== undefined || action.text.includes('{{');
  let input: Promise<void> | undefined;
  const { clear } = action;
  // Whoever types where the focus is goes on at the caret.
  const keepCaret = action.target === undefined;
  let focus = await focusField(step, field, { clear, ready, keepCaret });
  if (entry.secret) tab.secretDocument = tab.documentId;
  step.touch();
  if (focus.kind === 'picked') {
    const set = await step.call<{ problem?: string }>(field, 'setPicked', field.ref, entry.text);
    if (set.problem !== undefined)
      throw new StepStop(
        'refused',
        'invalid_request',
        `${set.problem}; ISO values are needed, such as 2026-03-31, 14:30 or #aabbcc`,
      );
  } else {
    if (focus.kind === 'text' && !focus.focused) {
      await pressAt(step, await placeOf(step, field));
      focus = await focusField(step, field, { clear, ready: true, keepCaret: false });
    }
    if (focus.kind === 'text' && action.clear && !focus.empty && entry.text === '')
      await tab.page.keyboard.press('Delete');
    input = enterText(tab, entry.text, focus, action.delayMs);
    input.catch(() => undefined);
  }
  const proof =
    focus.kind === 'text' && !action.submit && entry.text !== '' && !focus.password
      ? tookText(
          step,
          field,
          entry.text,
          focus,
          focus.keyed || action.delayMs !== undefined ? undefined : input,
        )
      : undefined;
  if (!proof?.sent) await input;
  if (action.submit) await tab.taken(tab.page.keyboard.press('Enter'));
  return {
    target: field,
    usedSecret: entry.secret,
    frames: action.submit ? 1 : 0,
    ...(proof && { afterwards: proof }),
  };
}

/** A field that kept its value, or is full before the text is whole, did not take it: better said than claimed. */
function tookText(
  step: Step,
  field: Resolved,
  text: string,
  { before, maxLength = -1 }: { before: string; maxLength?: number },
  input: Promise<void> | undefined,
): Afterwards {
  let isCut = false;
  return {
    target: field,
    name: 'fieldValue',
    // One insertion is not waited for: the page is asked at once and says when it came.
    ...(input && field.frame.number === 0 && { sent: { input, changesFrom: before } }),
    judge: (now) => {
      isCut = now !== text && now === text.slice(0, maxLength) && now.length === maxLength;
      if (!isCut && (now !== before || before === text || before.trim() === '')) return;
      throw new StepStop(
        'failed',
        'action_failed',
        isCut
          ? `the field took only the first ${maxLength} of ${text.length} characters`
          : 'the field kept its value; it does not take this text',
      );
    },
    // Where another field has the focus now, the rest went there: codes have a field for each digit.
    later: async () => {
      const isPassedOn =
        isCut && (await step.call<boolean>(field, 'passedOn', field.ref).catch(() => false));
      return isPassedOn ? text : undefined;
    },
  };
}

/** With a modifier other than Shift the letter that a keyboard sends is the small one. */
const keysOf = (keys: string): string =>
  /(^|\+)(Control|Meta|Alt|ControlOrMeta)\+/.test(keys) && !/(^|\+)Shift\+/.test(keys)
    ? keys.replace(/\+([A-Z])$/, (_all, letter: string) => `+${letter.toLowerCase()}`)
    : keys;

export async function press(step: Step, action: ActionOf<'press'>): Promise<StepResult> {
  const tab = step.tab();
  // Keys that go where the focus is may go to a frame, whose document has to come to rest too.
  const target =
    action.target === undefined ? await step.focused() : await step.resolve(action.target);
  if (action.target !== undefined) {
    if (target.point) await pressAt(step, await placeOf(step, target));
    else await step.call(target, 'focusOnly', target.ref);
  }
  step.touch();
  for (let turn = 0; turn < action.count && !tab.dialog && !tab.closed; turn += 1) {
    const pressed = tab.page.keyboard.press(keysOf(action.keys));
    await tab.taken(pressed).catch((error: Error) => {
      if (/unknown key/i.test(error.message))
        throw new StepStop(
          'refused',
          'invalid_request',
          `there is no key "${action.keys}"; use names such as Enter, ArrowDown or Control+A`,
        );
      throw error;
    });
  }
  return { frames: 1, target };
}
