import { describe, expect, it } from 'vitest';

import type { Command } from './command.ts';
import { parseGoal } from './grammar.ts';

const named = (name: string, over: object = {}) => ({ name, ...over });

/** Sentence, and what it means: one command each. */
const UNDERSTOOD: readonly [string, Partial<Command> & { kind: Command['kind'] }][] = [
  ['Open https://site.example/login', { kind: 'open', url: 'https://site.example/login' }],
  ['visit site.example', { kind: 'open', url: 'https://site.example' }],
  ['navigate to "http://127.0.0.1:8080/a"', { kind: 'open', url: 'http://127.0.0.1:8080/a' }],
  ['go to localhost:8080/x', { kind: 'open', url: 'http://localhost:8080/x' }],
  ['Open "chrome://version"', { kind: 'open', url: 'chrome://version' }],
  ['open "java\tscript:alert(1)"', { kind: 'open', url: 'java\tscript:alert(1)' }],
  ['Open "About: us"', { kind: 'follow', what: named('About: us') }],
  ['go to /invoices', { kind: 'open', url: '/invoices' }],
  ['open {{input.url}}', { kind: 'open', url: '{{input.url}}' }],
  ['go back', { kind: 'history', action: 'back' }],
  ['reload the page', { kind: 'history', action: 'reload' }],
  ['Go to "Invoices"', { kind: 'follow', what: named('Invoices') }],
  ['open the “Orders” tab', { kind: 'follow', what: named('Orders', { noun: 'tab' }) }],
  [
    'follow the Terms of service link',
    { kind: 'follow', what: named('Terms of service', { noun: 'link' }) },
  ],
  ['click "Save"', { kind: 'click', what: named('Save') }],
  ['Click on the "Sign in" button.', { kind: 'click', what: named('Sign in', { noun: 'button' }) }],
  ['press "Buy now"', { kind: 'click', what: named('Buy now') }],
  ['push Save', { kind: 'click', what: named('Save') }],
  ['click the link called "Help"', { kind: 'click', what: named('Help', { noun: 'link' }) }],
  [
    'click the second "Edit" link',
    { kind: 'click', what: named('Edit', { noun: 'link', nth: 2 }) },
  ],
  [
    'click the last "Delete" button',
    { kind: 'click', what: named('Delete', { noun: 'button', nth: -1 }) },
  ],
  ['click the 12th "Edit"', { kind: 'click', what: named('Edit', { nth: 12 }) }],
  ['double-click "Row"', { kind: 'click', what: named('Row'), count: 2 }],
  ['right click "Row"', { kind: 'click', what: named('Row'), button: 'right' }],
  [
    'click "Download" in that row',
    { kind: 'click', what: named('Download'), row: { kind: 'taken' } },
  ],
  [
    'click "Edit" in the row with "PO-17"',
    { kind: 'click', what: named('Edit'), row: { kind: 'with', text: 'PO-17' } },
  ],
  ['type "ada" into "User name"', { kind: 'type', text: 'ada', what: named('User name') }],
  [
    'enter {{secret.portal-password}} in the Password field',
    {
      kind: 'type',
      text: '{{secret.portal-password}}',
      what: named('Password', { noun: 'field' }),
    },
  ],
  ["fill in 'a.b; c' into “Note”", { kind: 'type', text: 'a.b; c', what: named('Note') }],
  ['fill "City" with "Bonn"', { kind: 'type', text: 'Bonn', what: named('City') }],
  ['set "Amount" to "12.50"', { kind: 'type', text: '12.50', what: named('Amount') }],
  ['type "" into "Filter"', { kind: 'type', text: '', what: named('Filter') }],
  ['Type "say \\"hi\\"" into Comment', { kind: 'type', text: 'say "hi"', what: named('Comment') }],
  ['choose "Germany" in "Country"', { kind: 'choose', option: 'Germany', what: named('Country') }],
  [
    'select Express from the Shipping drop-down',
    { kind: 'choose', option: 'Express', what: named('Shipping', { noun: 'select' }) },
  ],
  ['pick "Red"', { kind: 'choose', option: 'Red' }],
  ['tick "I agree"', { kind: 'tick', what: named('I agree'), checked: true }],
  [
    'uncheck the "Newsletter" checkbox',
    { kind: 'tick', what: named('Newsletter', { noun: 'checkbox' }), checked: false },
  ],
  ['press Enter', { kind: 'press', keys: 'Enter' }],
  ['press the escape key', { kind: 'press', keys: 'Escape' }],
  ['press ctrl+A', { kind: 'press', keys: 'Control+A' }],
  ['wait for "Saved"', { kind: 'wait', text: 'Saved' }],
  ['wait for the text "Saved" to appear', { kind: 'wait', text: 'Saved' }],
  ['wait until "Ready" is shown', { kind: 'wait', text: 'Ready' }],
  ['wait until "Loading" is gone', { kind: 'wait-gone', text: 'Loading' }],
  ['wait for "Loading" to disappear', { kind: 'wait-gone', text: 'Loading' }],
  ['wait until "Loading" is no longer shown', { kind: 'wait-gone', text: 'Loading' }],
  ['wait 2.5 seconds', { kind: 'wait-ms', ms: 2_500 }],
  ['wait until the page is quiet', { kind: 'wait-idle' }],
  ['scroll down', { kind: 'scroll', to: 'down' }],
  ['scroll to the bottom', { kind: 'scroll', to: 'bottom' }],
  ['scroll to "Imprint"', { kind: 'scroll-to', what: named('Imprint') }],
  ['hover over “Menu”', { kind: 'hover', what: named('Menu') }],
  ['accept the dialog', { kind: 'dialog', accept: true }],
  ['accept the prompt with "ada"', { kind: 'dialog', accept: true, text: 'ada' }],
  ['dismiss the confirmation', { kind: 'dialog', accept: false }],
  ['sort by "Date" descending', { kind: 'sort', column: 'Date', descending: true }],
  ['sort the table by Total, largest first', { kind: 'sort', column: 'Total', descending: true }],
  ['order by "Name"', { kind: 'sort', column: 'Name', descending: false }],
  ['read "Order total" as total', { kind: 'read', what: 'Order total', as: 'total' }],
  ['remember the "Order number"', { kind: 'read', what: 'Order number', as: 'orderNumber' }],
  ['read the page as text', { kind: 'read-page', as: 'text' }],
  ['read the table as list', { kind: 'rows', columns: [], as: 'list' }],
  [
    'take the row with the largest "Total" as top',
    { kind: 'take', keep: { column: 'Total', op: 'largest' }, as: 'top' },
  ],
  [
    'pick the row with the most recent Date',
    { kind: 'take', keep: { column: 'Date', op: 'newest' }, as: 'row' },
  ],
  [
    'take the row where "Status" is "Open"',
    { kind: 'take', keep: { column: 'Status', op: 'equals', value: 'Open' }, as: 'row' },
  ],
  ['take the row with "PO-17"', { kind: 'take', keep: { row: 'PO-17' }, as: 'row' }],
  ['open it', { kind: 'open-row' }],
  ['open its "Number"', { kind: 'open-row', column: 'Number' }],
  ['download "Invoice.pdf"', { kind: 'download', what: named('Invoice.pdf') }],
  ['download it', { kind: 'download', row: { kind: 'taken' } }],
  ['take a screenshot of the whole page', { kind: 'screenshot', full: true }],
  ['ask "What is the code?" as code', { kind: 'ask', question: 'What is the code?', as: 'code' }],
  [
    'return total, top and its "Number" as id',
    {
      kind: 'return',
      items: [
        { kind: 'value', name: 'total', as: 'total' },
        { kind: 'value', name: 'top', as: 'top' },
        { kind: 'cell', column: 'Number', as: 'id' },
      ],
    },
  ],
  ['return "ok"', { kind: 'return-text', text: 'ok' }],
  ['Please click "Save"', { kind: 'click', what: named('Save') }],
  ['Finally, done.', { kind: 'done' }],
];

const NOT_UNDERSTOOD = [
  'Find the cheapest flight to Paris',
  'Log in with my account',
  'book me a table for two',
  'click',
  'type "hello"',
  'type something into everything that looks right',
  'click whatever is best',
  'don\'t click "Save"',
  'make it nice',
  'open the newest order and tell me about it',
  'choose',
  'wait',
  'take the nicest row',
  'return',
  'if it rains, click "Umbrella"',
  'do what "Read me" says',
  'wait 10 minutes',
  'delete every customer',
  'sort it somehow please now ok',
  'buy "Milk"',
];

describe('the grammar of goals', () => {
  it.each(UNDERSTOOD)('understands: %s', (goal, command) => {
    const { sentences, notUnderstood } = parseGoal(goal);
    expect(notUnderstood).toEqual([]);
    expect(sentences.flatMap((sentence) => sentence.commands)).toEqual([command]);
  });

  it.each(NOT_UNDERSTOOD)('does not pretend to understand: %s', (goal) => {
    expect(parseGoal(goal)).toMatchObject({
      sentences: [],
      notUnderstood: [{ number: 1, text: goal }],
    });
  });

  it('reads rows with columns, types, names, a condition and pages', () => {
    const goal =
      'Read the rows of the table with "Number" as id, "Date" as a date and "Total" in cents as total where "Status" is "Open" on all pages following "Next" as open';
    expect(parseGoal(goal).sentences[0]?.commands).toEqual([
      {
        kind: 'rows',
        columns: [
          { header: 'Number', as: 'id' },
          { header: 'Date', as: 'Date', type: 'date' },
          { header: 'Total', as: 'total', type: 'cents' },
        ],
        keep: { column: 'Status', op: 'equals', value: 'Open' },
        next: 'Next',
        as: 'open',
      },
    ]);
  });

  it('reads the newest month', () => {
    expect(
      parseGoal('get all rows of the table with "Number" in the newest month of "Date" as invoices')
        .sentences[0]?.commands[0],
    ).toMatchObject({
      kind: 'rows',
      keep: { column: 'Date', op: 'newest-month' },
      as: 'invoices',
      columns: [{ header: 'Number', as: 'Number' }],
    });
  });

  it('takes conditions before and after, in the positive and the negative', () => {
    const click = { kind: 'click', what: { name: 'Accept' } };
    expect(parseGoal('If "Cookies" is shown, click "Accept"').sentences[0]?.commands).toEqual([
      { kind: 'if', text: 'Cookies', shown: true, body: [click] },
    ]);
    expect(
      parseGoal(
        'if the "Cookies" banner is shown, then click "Accept" and wait until "Cookies" is gone',
      ).sentences[0]?.commands,
    ).toEqual([
      {
        kind: 'if',
        text: 'Cookies',
        shown: true,
        body: [click, { kind: 'wait-gone', text: 'Cookies' }],
      },
    ]);
    expect(
      parseGoal('unless "Welcome" is shown, click "Accept"').sentences[0]?.commands,
    ).toMatchObject([{ kind: 'if', shown: false }]);
    expect(
      parseGoal('if "Welcome" is not shown, click "Accept"').sentences[0]?.commands,
    ).toMatchObject([{ kind: 'if', shown: false }]);
    expect(parseGoal('click "Accept" if it is shown').sentences[0]?.commands).toEqual([
      { kind: 'if', text: 'Accept', shown: true, body: [click] },
    ]);
  });

  it('splits at lines, full stops, semicolons, "then" and "and", and counts sentences as a person does', () => {
    const goal =
      '1. Open https://a.example/x.y?z=1;\n2) type "a. b; then c" into Name and press Enter\n- click "Save", then wait for "Saved"; done';
    const { sentences, notUnderstood } = parseGoal(goal);
    expect(notUnderstood).toEqual([]);
    expect(
      sentences.map(({ number, commands }) => [number, commands.map((command) => command.kind)]),
    ).toEqual([
      [1, ['open']],
      [2, ['type', 'press']],
      [3, ['click']],
      [4, ['wait']],
      [5, ['done']],
    ]);
  });

  it('names each sentence that it does not understand, as it was written', () => {
    expect(parseGoal('Click "A". Frobnicate the "B" thing. Click "C"').notUnderstood).toEqual([
      { number: 2, text: 'Frobnicate the "B" thing' },
    ]);
  });

  it('is not led astray by characters that it uses itself', () => {
    expect(parseGoal('click \u00020\u0003 "A"').notUnderstood).toHaveLength(1);
  });

  it('answers hostile input in reasonable time', () => {
    const started = performance.now();
    parseGoal(`click ${'and click '.repeat(2_000)}`);
    parseGoal(`read the rows of the table with ${'"A" as a, '.repeat(500)}`);
    parseGoal('"'.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
