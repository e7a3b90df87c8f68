import type { Action } from '../../shared/contracts/action.ts';
import { plain } from './terminal-text.ts';

/** One action in a few words, for people. Placeholders are shown, never what they stand for. */
export function describeAction(
  action: Action,
  facts?: { readonly name?: string | undefined; readonly role?: string | undefined },
): string {
  const name = facts?.name
    ? `"${plain(facts.name, 50)}"`
    : 'target' in action
      ? (action.target ?? '')
      : '';
  switch (action.action) {
    case 'navigate':
      return `open ${plain(action.url, 90)}`;
    case 'click':
      return `click ${facts?.role ? `${facts.role} ` : ''}${name}`;
    case 'type':
      return `type ${plain(JSON.stringify(action.text), 50)} into ${name}`;
    case 'press':
      return `press ${action.keys}${name ? ` in ${name}` : ''}`;
    case 'select':
      return `choose ${plain(action.values.join(', '), 50)} in ${name}`;
    case 'check':
      return `${action.checked ? 'tick' : 'untick'} ${name}`;
    case 'drag':
      return `drag ${name || action.from} to ${action.to}`;
    case 'select_text':
      return `select ${plain(action.text ?? 'text', 50)} in ${name}`;
    case 'upload':
      return `put ${plain(action.files.join(', '), 60)} into ${name}`;
    case 'wait':
      return `wait for ${plain(action.text ?? action.gone ?? action.url ?? action.matches ?? (action.compare && `${name} ${action.compare} ${action.number ?? ''}`) ?? (action.idle ? 'the page to be idle' : `${action.ms ?? 0} ms`), 60)}`;
    case 'find':
      return `find ${plain(action.text ?? action.matches ?? action.role ?? '', 60)}`;
    case 'extract':
      return `extract ${action.fields.map((field) => field.name).join(', ')}`;
    case 'dialog':
      return `${action.accept ? 'accept' : 'dismiss'} the dialog`;
    case 'tab':
      return `${action.op} tab ${action.id ?? ''}`;
    case 'ask':
      return `ask "${plain(action.question, 80)}"`;
    case 'finish':
      return `finish: ${plain(action.summary, 90)}`;
    case 'read':
    case 'hover':
    case 'scroll':
      return `${action.action} ${name}`.trim();
    case 'back':
    case 'forward':
    case 'reload':
    case 'screenshot':
    case 'print':
      return action.action;
  }
}
