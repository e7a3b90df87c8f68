import type { Action } from '../../../shared/contracts/action.ts';
import { check, select } from './forms.ts';
import { dialog } from './dialog.ts';
import { drag } from './drag.ts';
import { extract } from './extract.ts';
import { press, type } from './keyboard.ts';
import { back, forward, navigate, reload } from './navigate.ts';
import { click, hover, scroll } from './pointer.ts';
import { print } from './print.ts';
import { find, read } from './read.ts';
import { selectText } from './select-text.ts';
import { screenshot } from './screenshot.ts';
import { StepStop, type Step, type StepResult } from './step.ts';
import { tab } from './tabs.ts';
import { upload } from './upload.ts';
import { wait } from './wait.ts';

/** Deadline of a step by what it does, when the caller names none. */
export const deadlineOf = (action: Action): number => {
  switch (action.action) {
    case 'navigate':
    case 'back':
    case 'forward':
    case 'reload':
    case 'tab':
      return 30_000;
    case 'wait':
      return action.ms ?? 30_000;
    case 'print':
    case 'upload':
      return 30_000;
    case 'read':
      return action.artifact === undefined ? 5_000 : 30_000;
    case 'type':
      return 5_000 + (action.delayMs ?? 0) * action.text.length;
    case 'click':
    case 'hover':
    case 'drag':
      return 5_000 + (action.holdMs ?? 0);
    case 'extract':
      return 10_000 + action.maxPages * 10_000;
    default:
      return 5_000;
  }
};

export function perform(step: Step, action: Action): Promise<StepResult> {
  switch (action.action) {
    case 'navigate':
      return navigate(step, action);
    case 'back':
      return back(step);
    case 'forward':
      return forward(step);
    case 'reload':
      return reload(step);
    case 'click':
      return click(step, action);
    case 'hover':
      return hover(step, action);
    case 'type':
      return type(step, action);
    case 'press':
      return press(step, action);
    case 'select':
      return select(step, action);
    case 'check':
      return check(step, action);
    case 'scroll':
      return scroll(step, action);
    case 'drag':
      return drag(step, action);
    case 'select_text':
      return selectText(step, action);
    case 'upload':
      return upload(step, action);
    case 'print':
      return print(step);
    case 'wait':
      return wait(step, action);
    case 'find':
      return find(step, action);
    case 'read':
      return read(step, action);
    case 'extract':
      return extract(step, action);
    case 'screenshot':
      return screenshot(step, action);
    case 'tab':
      return tab(step, action);
    case 'dialog':
      return dialog(step, action);
    case 'ask':
    case 'finish':
      throw new StepStop(
        'refused',
        'invalid_request',
        `${action.action} is not an action of the browser`,
      );
  }
}
