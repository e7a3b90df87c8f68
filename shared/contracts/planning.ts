import { z } from 'zod';

/** How a plan is written: one JSON document, one function call a step, or Gemini's Computer Use. */
export const PlanForm = z.enum(['json', 'calls', 'computer-use']);
export type PlanForm = z.infer<typeof PlanForm>;

export const HarmCategory = z.enum([
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
  'HARM_CATEGORY_CIVIC_INTEGRITY',
]);
export const HarmThreshold = z.enum([
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
]);

/**
 * How the model is asked, for one task; what is absent is as the deployment says, and else as the service does it. Names and values are
 * those of Gemini's generateContent.
 */
export const Planning = z
  .strictObject({
    form: PlanForm.optional(),
    /** Gemini 3 and later. */
    thinkingLevel: z.enum(['minimal', 'low', 'medium', 'high']).optional(),
    /** Gemini 2.5: tokens; 0 none, -1 as the model likes. */
    thinkingBudget: z.int().min(-1).max(65_536).optional(),
    temperature: z.number().min(0).max(2).optional(),
    /** Tokens that a picture costs. */
    mediaResolution: z.enum(['low', 'medium', 'high']).optional(),
    safety: z.partialRecord(HarmCategory, HarmThreshold).optional(),
  })
  .refine((given) => given.thinkingLevel === undefined || given.thinkingBudget === undefined, {
    message: 'give thinkingLevel (Gemini 3 and later) or thinkingBudget (Gemini 2.5), not both',
    path: ['thinkingBudget'],
  });
export type Planning = z.infer<typeof Planning>;
