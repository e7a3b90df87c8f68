import type { Action } from '../../../shared/contracts/action.ts';
import { TargetFacts } from '../../../shared/contracts/effect.ts';
import { digestOf } from '../../../shared/core/digest.ts';
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

/** Facts of an action's target just before acting, from the page's DOM. */
export async function inspectAction(
  tab: Tab,
  action: Action,
  healed: Set<string>,
): Promise<TargetFacts> {
  const here = { url: tab.page.url(), documentId: tab.documentId };
  if (tab.dialog)
    return TargetFacts.parse({
      ...here,
      role: 'dialog',
      name: tab.dialog.message().slice(0, 500),
      inDialog: true,
    });
  const needsFocus = action.action === 'press' || action.action === 'type';
  const ref = targetOf(action) ?? (action.action === 'extract' ? action.next : undefined);
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
    return TargetFacts.parse({
      ...here,
      ...(ref !== undefined && { ref }),
      tag: facts.tag,
      role: facts.role,
      name: facts.name,
      download: facts.download,
      disabled: facts.disabled,
      editable: facts.editable,
      ...(facts.inputType !== null && { inputType: facts.inputType }),
      ...(facts.href !== null && { href: facts.href }),
      submits: facts.submits && !(typing && !isEnter(action)),
      ...(facts.form && {
        form: {
          ...facts.form,
          fields: facts.form.fields.map(({ value, ...field }) => ({
            ...field,
            valueDigest: digestOf(value),
          })),
        },
      }),
      listeners: facts.listeners,
      stateOnly: facts.stateOnly,
      inDialog: facts.inDialog,
      frameOrigin: facts.origin,
      ancestorOrigins: facts.ancestors,
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
