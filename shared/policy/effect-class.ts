import type { Action } from '../contracts/action.ts';
import type { EffectClass, TargetFacts } from '../contracts/effect.ts';
import { commitWord, commitWordOfLink } from './commit-lexicon.ts';

export interface Classified {
  readonly effect: EffectClass;
  readonly reason: string;
  /** Only what the control was seen to do makes it a commit. */
  readonly seen?: true;
}

const is = (effect: EffectClass, reason: string): Classified => ({ effect, reason });

/** Keys that move the caret, the focus or the view and nothing else. */
const HARMLESS_KEYS =
  /^(Tab|Shift\+Tab|Escape|Arrow(Up|Down|Left|Right)|Home|End|Page(Up|Down)|(Control|Meta)\+[acAC]|(Control\+|Shift\+|Alt\+)*Arrow(Up|Down|Left|Right))$/;

function sendsForm(facts: TargetFacts): Classified {
  const form = facts.form;
  if (!form) return is('unknown', 'the control submits a form that was not seen');
  const word = commitWord(facts.name);
  if (form.method === 'dialog')
    return word
      ? is('commit', `the control says "${word}"`)
      : is('write', 'the form only closes its dialog');
  if (form.method === 'get') {
    if (word && word !== 'submit') return is('commit', `the control says "${word}"`);
    if (form.scripted) return is('unknown', 'a script takes the form');
    return is('read', 'the form is sent by GET');
  }
  const moneyWord = word !== undefined && word !== 'submit';
  if (form.hasPassword && !moneyWord && originOf(form.action) === facts.frameOrigin)
    return is('write', 'a log-in form sent to its own origin');
  return is('commit', `the form is sent by POST to ${form.action}`);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

/** The class of a click on what these facts describe. */
export function classifyClick(facts: TargetFacts): Classified {
  if (facts.submits) return sendsForm(facts);
  const word = commitWord(facts.name);
  if (facts.href !== undefined && /^https?:/i.test(facts.href)) {
    const verb = commitWordOfLink(facts.name);
    if (verb) return is('commit', `the link says "${verb}"`);
    if (facts.download) return is('read', 'a download link');
    if (facts.listeners) return is('unknown', 'a link with a listener of its own');
    return is('read', `a link to ${facts.href}`);
  }
  if (facts.stateOnly) return is('write', 'the control only changes its own state');
  if (facts.editable) return is('write', 'a click into a field');
  if (word) return is('commit', `the control says "${word}"`);
  return is('unknown', 'facts cannot prove that the click is harmless');
}

function presses(keys: string, facts: TargetFacts): Classified {
  if (HARMLESS_KEYS.test(keys)) return is('write', `${keys} moves the caret or the focus`);
  if (keys === 'Enter' && facts.submits) return sendsForm(facts);
  if ((keys === 'Enter' || keys === 'Space' || keys === ' ') && !facts.editable)
    return classifyClick(facts);
  if (facts.editable && /^(Shift\+)?(.|Backspace|Delete|Space)$/u.test(keys))
    return is('write', 'a key typed into a field');
  return is('unknown', `what ${keys} does here is not known`);
}

export interface ClassContext {
  /** Text of the pending dialog. */
  readonly dialogText?: string;
  /** URLs that the task or a person named. */
  readonly knownUrl: (url: string) => boolean;
  /** The control was seen to send an unsafe request to its own site. */
  readonly committing?: boolean;
}

/**
 * The class of a step, from facts that the executor saw; the model's word does not count. What an unknown control was once seen to do
 * is a fact too.
 */
export function classify(action: Action, facts: TargetFacts, context: ClassContext): Classified {
  const classified = fromFacts(action, facts, context);
  if (context.committing === true && classified.effect === 'unknown')
    return {
      effect: 'commit',
      reason: 'the control was seen to send an unsafe request to its site',
      seen: true,
    };
  return classified;
}

function fromFacts(action: Action, facts: TargetFacts, context: ClassContext): Classified {
  switch (action.action) {
    case 'navigate':
      return context.knownUrl(action.url)
        ? is('read', 'a URL that the task names')
        : is('unknown', 'a URL that the task does not name');
    case 'tab':
      if (action.op === 'open' && action.url !== undefined && !context.knownUrl(action.url))
        return is('unknown', 'a URL that the task does not name');
      return is('read', 'tabs only change what is shown');
    case 'reload':
      return is('unknown', 'reloading may send a form again');
    case 'click':
      return classifyClick(facts);
    case 'press':
      return presses(action.keys, facts);
    case 'type':
      return action.submit
        ? sendsForm({ ...facts, submits: true })
        : is('write', 'text typed into a field');
    case 'select':
    case 'check':
      return is('write', 'a choice in a form');
    case 'drag':
      return is('write', 'something is dragged');
    case 'select_text':
      return is('write', 'text is selected');
    case 'upload':
      return is('write', 'files are put into a field');
    case 'dialog': {
      if (!action.accept) return is('read', 'the dialog is dismissed');
      const word = commitWord(context.dialogText ?? '');
      return word
        ? is('commit', `the dialog says "${word}"`)
        : is('unknown', 'what the dialog confirms is not known');
    }
    case 'extract':
      return action.next === undefined
        ? is('read', 'it changes nothing outside')
        : classifyClick(facts);
    case 'ask':
    case 'finish':
    case 'back':
    case 'forward':
    case 'hover':
    case 'scroll':
    case 'wait':
    case 'find':
    case 'read':
    case 'screenshot':
    case 'print':
      return is('read', 'it changes nothing outside');
  }
}
