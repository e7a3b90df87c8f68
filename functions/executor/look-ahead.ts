import type { Action } from '../../shared/contracts/action.ts';
import type { TargetFacts } from '../../shared/contracts/effect.ts';
import type { OutcomeInput } from '../../shared/contracts/outcome.ts';
import type { ProposedStep } from '../../shared/contracts/plan.ts';
import type { BrowserSession } from './browser-session.ts';

/**
 * Facts of the next step's target, asked for while the outcome of the last one is written down. They are as good as those asked for a
 * moment later: nothing touches the page in between, and what acts checks its target again.
 */
export class LookAhead {
  readonly #session: Pick<BrowserSession, 'inspect'>;
  #asked:
    | { readonly stepId: string; readonly action: string; facts: Promise<TargetFacts> }
    | undefined;

  constructor(session: Pick<BrowserSession, 'inspect'>) {
    this.#session = session;
  }

  /** Only within a document, and for an action that is complete as it was proposed. */
  start({ status, changed }: OutcomeInput, next: ProposedStep | undefined): void {
    this.#asked = undefined;
    const { action, stepId } = next ?? {};
    if (!action || !stepId || !('target' in action) || action.target === undefined) return;
    if (status !== 'done' || changed?.document || changed?.tab || changed?.dialog) return;
    const spelt = JSON.stringify(action);
    if (spelt.includes('{{')) return;
    const facts = this.#session.inspect(action);
    facts.catch(() => undefined);
    this.#asked = { stepId, action: spelt, facts };
  }

  /** Facts for a step; what could not be told ahead is asked for now. */
  async facts(stepId: string, action: Action): Promise<TargetFacts> {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked?.stepId !== stepId || asked.action !== JSON.stringify(action))
      return this.#session.inspect(action);
    return asked.facts.catch(async () => this.#session.inspect(action));
  }
}
