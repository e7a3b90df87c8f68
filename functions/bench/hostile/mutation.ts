import type { ComposeOptions } from '../../cli/compose.ts';
import type { Group } from './hostile-case.ts';

/** The product without one of its protections, composed here: no flag of the product takes one away. */
export interface Mutation {
  /** Cases that must notice. */
  readonly groups: readonly Group[];
  compose(options: ComposeOptions): ComposeOptions;
}
