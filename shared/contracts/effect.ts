import { z } from 'zod';

/**
 * What a step may do to the world: *read* changes nothing, *write* changes what can be redone (typing, choosing, logging in),
 * *commit* changes something outside for good, *unknown* is what facts cannot prove harmless. Ordered by caution.
 */
export const EffectClass = z.enum(['read', 'write', 'unknown', 'commit']);
export type EffectClass = z.infer<typeof EffectClass>;

/** A field of the form that a control belongs to. Values leave the page as digests only, keyed by the run's salt. */
export const FormField = z.strictObject({
  name: z.string(),
  label: z.string(),
  type: z.string(),
  valueDigest: z.string(),
});

export type FormField = z.infer<typeof FormField>;

/** What the executor saw of a step's target just before acting; read from the page's DOM, never from the model. */
export const TargetFacts = z.strictObject({
  ref: z.string().optional(),
  tag: z.string().default(''),
  role: z.string().default(''),
  name: z.string().default(''),
  inputType: z.string().optional(),
  /** Absolute URL, when the target is a link or inside one. */
  href: z.string().optional(),
  download: z.boolean().default(false),
  disabled: z.boolean().default(false),
  editable: z.boolean().default(false),
  /** The control submits its form when it is activated. */
  submits: z.boolean().default(false),
  form: z
    .strictObject({
      method: z.enum(['get', 'post', 'dialog']),
      action: z.string(),
      hasPassword: z.boolean(),
      /** A script listens for its submission, or it names no method: what sending it does is not known. */
      scripted: z.boolean().default(false),
      fields: z.array(FormField).max(200),
    })
    .optional(),
  /** The target or an ancestor below the document has a click-like listener, or `javascript:`/empty link target. */
  listeners: z.boolean().default(false),
  /** The target belongs to a native control whose activation only changes its own state (select, checkbox, radio, tab, summary). */
  stateOnly: z.boolean().default(false),
  inDialog: z.boolean().default(false),
  frameOrigin: z.string().default(''),
  /** Origins of the ancestor frames, innermost first. */
  ancestorOrigins: z.array(z.string()).default([]),
  /** Text of the row, list item or heading that the target belongs to: tells one "Delete" from another. */
  near: z.string().max(300).default(''),
  /** WebSockets that the tab has open: what goes over them is seen by nobody. */
  webSockets: z.int().min(0).optional(),
  url: z.string().default(''),
  documentId: z.string().default(''),
});
export type TargetFacts = z.infer<typeof TargetFacts>;

/** What policy decided about a step, with the reasons that a person reads. */
export const Decision = z.strictObject({
  verdict: z.enum(['allow', 'ask', 'refuse']),
  effect: EffectClass,
  reasons: z.array(z.string()).min(1),
  /** Name to add to the task contract's `commits` so that this is allowed without asking. */
  commitName: z.string().optional(),
});
export type Decision = z.infer<typeof Decision>;
