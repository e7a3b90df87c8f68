import type { ActionOf } from '../../../shared/contracts/action.ts';
import type { DocumentPlace, ElementFacts } from '../observe/agent.ts';
import type { Tab } from '../browser/tab.ts';
import { placeOf, pressAt } from './pointer.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

/** Longer text goes in as one insertion, like a paste; shorter text key by key, as suggestions and masks expect. */
const KEYED_LENGTH = 60;

type Focus =
  | { problem: string }
  | { kind: 'picked'; type: string; before: string }
  | { kind: 'keys'; before: string }
  | { kind: 'text'; empty: boolean; before: string; focused: boolean };

/** The text to type, with placeholders replaced for exactly this field. */
async function resolved(
  step: Step,
  target: Resolved,
  text: string,
): Promise<{ text: string; secret: boolean }> {
  if (!text.includes('{{')) return { text, secret: false };
  const [place, facts] = await Promise.all([
    step.call<DocumentPlace>(target, 'place'),
    step.call<ElementFacts>(target, 'facts', target.ref, 'point'),
  ]);
  return step.host.resolveText(text, {
    frameOrigin: place.origin,
    ancestorOrigins: place.ancestors,
    credentialField: facts.credential,
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
  await tab.orDialog(Promise.all(sent));
}

async function enterText(tab: Tab, text: string, multiline: boolean): Promise<void> {
  if (text === '') return;
  if (text.length <= KEYED_LENGTH && !(multiline && text.includes('\n')))
    return typeKeys(tab, multiline ? text : text.replace(/[\r\n]+/g, ' '));
  const characters = Array.from(text);
  const last = multiline && characters.at(-1) === '\n' ? '' : (characters.at(-1) ?? '');
  await tab.orDialog(
    tab.channel.send('Input.insertText', {
      text: last === '' ? text : characters.slice(0, -1).join(''),
    }),
  );
  await typeKeys(tab, last);
}

export async function type(step: Step, action: ActionOf<'type'>): Promise<StepResult> {
  const tab = step.tab();
  const target =
    action.target === undefined ? await step.focused() : await step.resolve(action.target);
  if (target.point) {
    step.touch();
    await pressAt(tab, target.point);
  }
  const field = target.point ? await step.focused() : target;
  const ready = await step.call<{ problem?: string }>(field, 'prepare', field.ref, {
    waitMs: step.left(),
    enabled: true,
    touch: false,
  });
  if (ready.problem !== undefined && !target.point)
    throw new StepStop('blocked', 'target_blocked', `the target cannot be used: ${ready.problem}`);
  const entry = await resolved(step, field, action.text);
  let focus = await step.call<Focus>(field, 'focusField', field.ref, action.clear);
  if ('problem' in focus)
    throw new StepStop('refused', 'action_refused', `text cannot be typed there: ${focus.problem}`);
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
      await pressAt(tab, await placeOf(step, field));
      focus = await step.call<Focus>(field, 'focusField', field.ref, action.clear);
      if ('problem' in focus)
        throw new StepStop(
          'refused',
          'action_refused',
          `text cannot be typed there: ${focus.problem}`,
        );
    }
    const facts = await step.call<ElementFacts>(field, 'facts', field.ref, 'point');
    const multiline = facts.tag === 'textarea' || (facts.editable && facts.inputType === null);
    if (focus.kind === 'text' && action.clear && !focus.empty && entry.text === '')
      await tab.page.keyboard.press('Delete');
    await enterText(tab, entry.text, multiline);
    if (focus.kind === 'text' && !action.submit && entry.text !== '')
      await assertTook(step, field, focus.before, entry.text, facts);
  }
  if (action.submit) await tab.orDialog(tab.page.keyboard.press('Enter'));
  return { target: field, usedSecret: entry.secret, frames: action.submit ? 1 : 0 };
}

/** A field that kept its value did not take the text: better said than claimed. */
async function assertTook(
  step: Step,
  field: Resolved,
  before: string,
  text: string,
  facts: ElementFacts,
): Promise<void> {
  const now = await step.call<string>(field, 'fieldValue', field.ref).catch(() => undefined);
  if (
    now === undefined ||
    now !== before ||
    before === text ||
    facts.inputType === 'password' ||
    before.trim() === ''
  )
    return;
  throw new StepStop(
    'failed',
    'action_failed',
    'the field kept its value; it does not take this text',
  );
}

export async function press(step: Step, action: ActionOf<'press'>): Promise<StepResult> {
  const tab = step.tab();
  let target: Resolved | undefined;
  if (action.target !== undefined) {
    target = await step.resolve(action.target);
    if (target.point) {
      step.touch();
      await pressAt(tab, target.point);
    } else await step.call(target, 'focusOnly', target.ref);
  }
  step.touch();
  for (let turn = 0; turn < action.count && !tab.dialog; turn += 1) {
    const pressed = tab.page.keyboard.press(action.keys).then(() => true);
    await tab.orDialog(pressed).catch((error: Error) => {
      if (/unknown key/i.test(error.message))
        throw new StepStop(
          'refused',
          'invalid_request',
          `there is no key "${action.keys}"; use names such as Enter, ArrowDown or Control+A`,
        );
      throw error;
    });
  }
  return { frames: 1, ...(target && { target }) };
}
