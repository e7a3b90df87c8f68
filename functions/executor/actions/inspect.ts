import type { z } from 'zod';

import type { Action } from '../../../shared/contracts/action.ts';
import { TargetFacts, type FormField } from '../../../shared/contracts/effect.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { DocumentGone, ElementGone } from '../browser/frame-record.ts';
import type { Tab } from '../browser/tab.ts';
import type { DocumentPlace, ElementFacts, TargetCheck } from '../observe/agent.ts';
import { assertSame, locateTarget } from './resolve.ts';
import type { Resolved } from './step.ts';

/** The element that has the focus, through frames; the body of the innermost document when none has. */
export async function focusedIn(tab: Tab): Promise<Resolved> {
  const { frames } = tab;
  const list = await frames.list();
  let frame = frames.main;
  for (;;) {
    const ref = await frames.call<number | null>(frame, 'activeRef', []);
    const child =
      ref === null
        ? undefined
        : list.find((other) => other.parent === frame && other.owner === ref);
    if (!child) return { frame, ref: ref ?? (await frames.call<number>(frame, 'bodyRef', [])) };
    frame = child;
  }
}

interface Survey {
  check: TargetCheck;
  facts?: ElementFacts;
  place?: DocumentPlace;
}

/** The check of a ref and the facts behind it, in one call. */
async function factsOf(
  tab: Tab,
  target: Resolved,
  how: 'point' | 'enter',
  healed: Set<string>,
): Promise<ElementFacts & DocumentPlace> {
  const { unchecked } = target;
  const { check, facts, place } = await tab.frames.call<Survey>(target.frame, 'survey', [
    target.ref,
    how,
    unchecked === undefined,
  ]);
  if (unchecked !== undefined) assertSame(unchecked, check, healed);
  if (!facts || !place) throw new ElementGone('the element is gone');
  return { ...place, ...facts };
}

const targetOf = (action: Action): string | undefined =>
  action.action === 'drag' ? action.from : 'target' in action ? action.target : undefined;
const isEnter = (action: Action): boolean =>
  (action.action === 'press' && /(^|\+)(Enter|NumpadEnter)$/.test(action.keys)) ||
  (action.action === 'type' && (action.submit || /[\r\n]/.test(action.text)));
const isSpace = (action: Action): boolean =>
  action.action === 'press' && /^(Space| )$/.test(action.keys);

type Digest = (value: string) => string;
type Field = NonNullable<ElementFacts['form']>['fields'][number];

/** What a field holds leaves the page as a digest; of a password not even that. */
function fieldOf({ value, ...field }: Field, digest: Digest): FormField {
  const withheld = field.type === 'password';
  return { ...field, valueDigest: withheld ? 'withheld' : digest(value.replace(/\r\n/g, '\n')) };
}

function describe(
  facts: ElementFacts & DocumentPlace,
  digest: Digest,
): z.input<typeof TargetFacts> {
  const { inputType, href, form, origin, ancestors, credential: _credential, ...rest } = facts;
  return {
    ...rest,
    ...(inputType !== null && { inputType }),
    ...(href !== null && { href }),
    ...(form && { form: { ...form, fields: form.fields.map((field) => fieldOf(field, digest)) } }),
    frameOrigin: origin,
    ancestorOrigins: ancestors,
  };
}

/** Facts of a control that is about to be clicked. */
export async function inspectClick(
  tab: Tab,
  control: Resolved,
  digest: Digest,
): Promise<TargetFacts> {
  const facts = await factsOf(tab, control, 'point', new Set());
  return TargetFacts.parse({
    ...describe(facts, digest),
    url: tab.page.url(),
    documentId: tab.documentId,
  });
}

/** Facts of an action's target just before acting, from the page's DOM. */
export async function inspectAction(
  tab: Tab,
  action: Action,
  healed: Set<string>,
  digest: Digest,
): Promise<TargetFacts> {
  const here = {
    url: tab.page.url(),
    documentId: tab.documentId,
    ...(tab.webSockets > 0 && { webSockets: tab.webSockets }),
  };
  if (tab.dialog)
    return TargetFacts.parse({
      ...here,
      role: 'dialog',
      name: tab.dialog.message().slice(0, 500),
      inDialog: true,
    });
  const needsFocus = action.action === 'press' || action.action === 'type';
  // Reading rows touches nothing but the control that leads to the next page.
  const ref = action.action === 'extract' ? (action.next ?? action.target) : targetOf(action);
  if (ref === undefined && !needsFocus) {
    const frameOrigin = URL.canParse(here.url) ? new URL(here.url).origin : '';
    return TargetFacts.parse({ ...here, frameOrigin });
  }
  try {
    const target = ref === undefined ? await focusedIn(tab) : await locateTarget(tab, ref);
    const facts = await factsOf(tab, target, isEnter(action) ? 'enter' : 'point', healed);
    const typing =
      action.action === 'type' ||
      (action.action === 'press' && !isEnter(action) && !isSpace(action));
    const submits = facts.submits && !(typing && !isEnter(action));
    return TargetFacts.parse({
      ...describe(facts, digest),
      ...here,
      ...(ref !== undefined && { ref }),
      submits,
    });
  } catch (error) {
    if (error instanceof DocumentGone || error instanceof ElementGone)
      throw new AppError(
        'target_stale',
        'the document changed while the target was inspected; observe again',
        { cause: error, retryable: true },
      );
    throw error;
  }
}

const SHOWN_FIELDS = 40;

/** Fields of the form that an action's target belongs to, as a person would read them; of passwords and hidden fields nothing. */
export async function fieldsOf(
  tab: Tab,
  action: Action,
): Promise<{ label: string; value: string }[]> {
  const ref = targetOf(action);
  const target = ref === undefined ? await focusedIn(tab) : await locateTarget(tab, ref);
  const facts = await factsOf(tab, target, 'point', new Set());
  return (facts.form?.fields ?? [])
    .filter((field) => !/^(password|hidden|file)$/.test(field.type) && field.value !== '')
    .slice(0, SHOWN_FIELDS)
    .map((field) => ({
      label: (field.label || field.name).slice(0, 100),
      value: field.value.slice(0, 300),
    }));
}
