import { z } from 'zod';

import { SecretName } from './secret.ts';

/**
 * What a plan may ask the hands to do. `target` is a ref of the observation (`e12`, `f2e7` inside frame 2) or a point in CSS
 * pixels of the viewport (`@640,360`). Text may hold `{{input.NAME}}`, `{{secret.NAME}}` and `{{run.id}}`, resolved by the
 * executor at the last moment. There is no action that runs code.
 */
export const Ref = z.string().regex(/^(f\d{1,6})?e\d{1,9}$/, 'a ref such as e12 or f2e7');
export const Target = z
  .string()
  .regex(
    /^((f\d{1,6})?e\d{1,9}|@-?\d{1,6},-?\d{1,6})$/,
    'a ref such as e12, f2e7, or a point such as @640,360',
  );
export type Target = z.infer<typeof Target>;

const Url = z.string().min(1).max(8_192);
const Text = z.string().max(100_000);
const Needle = z.string().min(1).max(2_000);

/** What should hold after acting; checked by the executor, default deadline 5 s. Strings are compared with white space folded, ignoring case. */
export const Expect = z
  .strictObject({
    url: z.string().min(1).max(2_000).optional().describe('path prefix, or a glob with *'),
    text: Needle.optional().describe('text that is shown'),
    gone: Needle.optional().describe('text that is no longer shown'),
    value: Text.optional().describe('value of the target control'),
    download: z.literal(true).optional().describe('a download finished'),
  })
  .refine((expect) => Object.keys(expect).length > 0, 'expect names at least one condition');
export type Expect = z.infer<typeof Expect>;

const HoldMs = z.int().min(0).max(10_000);
/** An ECMAScript regular expression, ignoring case; it runs in the page. */
const Pattern = z.string().min(1).max(500);

const base = {
  why: z.string().max(500).default(''),
  expect: Expect.optional(),
};

/** One column of `extract`: where the value is within a row and how it is typed. `header` names a table column. */
export const ExtractField = z.strictObject({
  name: z.string().min(1).max(200),
  header: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('text of the column header, for table rows'),
  css: z.string().min(1).max(1_000).optional().describe('selector inside the row'),
  attribute: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('attribute to read instead of the text'),
  type: z
    .enum(['text', 'number', 'cents', 'date', 'link'])
    .default('text')
    .describe('cents: integer cents of an amount; date: ISO 8601'),
});
export type ExtractField = z.infer<typeof ExtractField>;

/** Which rows to keep, judged on typed values. `largest`/`newest` keep one row (or, for newest with `month`, the whole month). */
export const ExtractKeep = z.strictObject({
  field: z.string().min(1).max(200),
  op: z.enum(['largest', 'smallest', 'newest', 'oldest', 'newest-month', 'equals', 'contains']),
  value: z.string().max(1_000).optional(),
});

export const Action = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('navigate'), url: Url, ...base }),
  z.strictObject({ action: z.literal('back'), ...base }),
  z.strictObject({ action: z.literal('forward'), ...base }),
  z.strictObject({ action: z.literal('reload'), ...base }),
  z.strictObject({
    action: z.literal('click'),
    target: Target,
    button: z.enum(['left', 'middle', 'right']).default('left'),
    count: z.int().min(1).max(3).default(1),
    modifiers: z
      .array(z.enum(['Alt', 'Control', 'Meta', 'Shift']))
      .max(4)
      .default([]),
    holdMs: HoldMs.optional().describe('how long the button stays down'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('hover'),
    target: Target,
    holdMs: HoldMs.optional().describe('how long to stay before going on'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('type'),
    target: Target.optional().describe('absent: the focused element'),
    text: Text,
    clear: z.boolean().default(true),
    submit: z.boolean().default(false).describe('press Enter afterwards'),
    delayMs: z.int().min(0).max(1_000).optional().describe('type key by key with this pause'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('press'),
    keys: z.string().min(1).max(100).describe('Playwright key names, such as Enter or Control+A'),
    target: Target.optional(),
    count: z.int().min(1).max(100).default(1),
    ...base,
  }),
  z.strictObject({
    action: z.literal('select'),
    target: Target,
    values: z.array(z.string().max(1_000)).min(1).max(100).describe('values or labels of options'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('check'),
    target: Target,
    checked: z.boolean().default(true),
    ...base,
  }),
  z.strictObject({
    action: z.literal('scroll'),
    target: Target.optional(),
    dx: z.int().min(-10_000_000).max(10_000_000).optional(),
    dy: z.int().min(-10_000_000).max(10_000_000).optional(),
    pages: z.number().min(-100).max(100).optional(),
    to: z.enum(['top', 'bottom', 'into-view']).optional(),
    ...base,
  }),
  z.strictObject({
    action: z.literal('drag'),
    from: Target,
    to: Target,
    path: z.array(Target).max(50).optional().describe('points to pass on the way, such as @10,20'),
    holdMs: HoldMs.optional().describe('how long to hold before moving'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('select_text'),
    target: Target,
    text: Needle.optional().describe('the text to select; absent: all, or start to end'),
    start: z.int().min(0).max(1_000_000).optional().describe('first character'),
    end: z.int().min(0).max(1_000_000).optional().describe('character after the last'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('upload'),
    target: Target.describe('a file field, or the control that asks for a file'),
    files: z.array(z.string().min(1).max(200)).min(1).max(20).describe('names of artifacts'),
    ...base,
  }),
  z.strictObject({ action: z.literal('print'), ...base }),
  z.strictObject({
    action: z.literal('wait'),
    text: Needle.optional(),
    gone: Needle.optional(),
    url: z.string().min(1).max(2_000).optional(),
    idle: z.literal(true).optional().describe('no request in flight and no DOM change for 300 ms'),
    ms: z.int().min(0).max(60_000).optional(),
    target: Target.optional().describe('control whose value or text to wait for'),
    matches: Pattern.optional().describe('regular expression that the target has to match'),
    compare: z.enum(['<', '<=', '=', '!=', '>=', '>']).optional(),
    number: z.number().optional().describe('what the number in the target is compared with'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('find'),
    text: Needle.optional().describe('substring of the name or text, ignoring case'),
    role: z.string().min(1).max(50).optional(),
    matches: Pattern.optional(),
    region: Target.optional().describe('look only inside this element'),
    page: z.int().min(1).max(10_000).default(1).describe('page of 50 hits'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('read'),
    target: Target.optional().describe('absent: the whole page'),
    artifact: z.string().min(1).max(200).optional().describe('a file of the run instead'),
    as: z.enum(['text', 'table', 'links', 'value', 'markdown', 'geometry']).default('text'),
    name: z.string().min(1).max(100).optional().describe('name under which the result is kept'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('extract'),
    target: Target.optional().describe(
      'a table or list, or anything inside it; absent: the largest table of the page',
    ),
    rows: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('selector of rows; absent: the rows of the table'),
    fields: z.array(ExtractField).min(1).max(50),
    keep: ExtractKeep.optional(),
    next: Target.optional().describe('control that leads to the next page of rows'),
    maxPages: z.int().min(1).max(1_000).default(1),
    name: z.string().min(1).max(100).optional(),
    ...base,
  }),
  z.strictObject({
    action: z.literal('screenshot'),
    target: Target.optional(),
    full: z.boolean().default(false),
    marks: z
      .boolean()
      .optional()
      .describe('draw the refs of the last observation on it; of the view only'),
    ...base,
  }),
  z.strictObject({
    action: z.literal('tab'),
    op: z.enum(['open', 'switch', 'close']),
    id: z
      .string()
      .regex(/^t\d+$/)
      .optional(),
    url: Url.optional(),
    ...base,
  }),
  z.strictObject({
    action: z.literal('dialog'),
    accept: z.boolean(),
    text: Text.optional(),
    ...base,
  }),
  z.strictObject({
    action: z.literal('ask'),
    question: z.string().min(1).max(2_000),
    kind: z
      .enum(['text', 'choice', 'secret', 'take-over'])
      .default('text')
      .describe('secret: the answer is kept from you; take-over: a person uses the browser'),
    secret: SecretName.optional().describe('kind secret: type it as {{secret.NAME}} afterwards'),
    choices: z.array(z.string().max(200)).max(50).optional(),
    ...base,
  }),
  z.strictObject({
    action: z.literal('finish'),
    status: z.enum(['success', 'failure']),
    summary: z.string().max(4_000),
    result: z
      .json()
      .optional()
      .describe(
        'checked against the output schema; {"$step":"2-1"} stands for the data of that step',
      ),
    evidence: z
      .array(z.string().max(2_000))
      .max(20)
      .optional()
      .describe('quotes, checked against what was observed'),
    ...base,
  }),
]);
export type Action = z.infer<typeof Action>;
export type ActionOf<Name extends Action['action']> = Extract<Action, { action: Name }>;
