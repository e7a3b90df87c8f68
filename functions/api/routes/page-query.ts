import { z } from 'zod';

import { limitOf } from './run-parameters.ts';

/** Query of every list: how many, and from where on. */
export const PageQuery = z.strictObject({
  limit: limitOf(50),
  after: z
    .string()
    .regex(/^[\x21-\x2e\x30-\x7e]{1,200}$/, '`next` of the page before')
    .optional()
    .describe('`next` of the page before'),
});

/** A page under the name of what it lists. */
export function pageOf<Name extends string, Item extends z.ZodType>(name: Name, item: Item) {
  return z.strictObject({
    ...({ [name]: z.array(item) } as Record<Name, z.ZodArray<Item>>),
    next: z.string().optional().describe('goes into `after`; absent on the last page'),
  });
}
