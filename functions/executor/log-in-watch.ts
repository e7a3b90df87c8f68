import type { Decision } from '../../shared/contracts/effect.ts';
import type { Outcome } from '../../shared/contracts/outcome.ts';
import type { AppError } from '../../shared/core/errors.ts';
import { readRunLog, type LogReaderDeps } from '../../shared/journal/run-log.ts';
import type { Ask } from './human-wait.ts';
import type { StepDeps } from './step-runner.ts';
import { interruptedBy, type TurnVerdict } from './turn-verdict.ts';

const AGAIN = 'try again';

/** Watches what a site makes of the credentials that were typed into it. */
export class LogInWatch {
  readonly #log: LogReaderDeps;
  readonly #step: Pick<StepDeps, 'host' | 'session' | 'journal'>;
  readonly #ask: Ask;
  #typed = false;

  constructor(log: LogReaderDeps, step: Pick<StepDeps, 'host' | 'session' | 'journal'>, ask: Ask) {
    this.#log = log;
    this.#step = step;
    this.#ask = ask;
  }

  /** After a credential was typed and then sent: a page that asks for a password again did not take it. */
  async note({ effect }: Decision, { acted, usedSecret, changed }: Outcome): Promise<void> {
    const { host, session } = this.#step;
    const sent =
      changed.document === true ||
      (this.#typed && acted && effect !== 'read' && usedSecret !== true);
    if (usedSecret === true) this.#typed = true;
    if (!this.#typed || !sent || host.logIns?.undecided !== true) return;
    const asks = await session.asksForPassword();
    if (asks === undefined) return;
    this.#typed = false;
    await host.logIns.settle(asks);
  }

  /** A person decides whether a credential that failed too often is used again. `again`: the step is. Undefined: it was refused for something else. */
  async refused(stepId: string, error: AppError): Promise<'again' | TurnVerdict | undefined> {
    const { logIns } = this.#step.host;
    const credential = error.details?.['credential'];
    if (!logIns || error.code !== 'log_in_limited' || typeof credential !== 'string')
      return undefined;
    // The run may have been parked over the question.
    let said = await this.#answered(credential, Number(error.details?.['lastFailedMs']));
    if (said === undefined) {
      const answer = await this.#ask({
        kind: 'input',
        stepId,
        question: `${error.message}. Type it once more?`,
        choices: [AGAIN, 'no'],
        facts: { credential },
      });
      if (typeof answer === 'string') return interruptedBy(answer, 'a credential that fails');
      said = answer.answer;
    }
    if (said !== AGAIN) return { reason: 'human', detail: error.message, error };
    await logIns.forgive(credential);
    return 'again';
  }

  async #answered(credential: string, sinceMs: number): Promise<string | undefined> {
    const { tenantId, runId } = this.#step.journal.run;
    const asked = new Set<string>();
    let said: string | undefined;
    for (const { at, event } of await readRunLog(this.#log, tenantId, runId)) {
      if (Date.parse(at) < sinceMs) continue;
      if (event.type === 'human.requested' && event.request.facts['credential'] === credential)
        asked.add(event.request.requestId);
      if (event.type === 'human.answered' && asked.has(event.requestId)) said = event.answer;
    }
    return said;
  }
}
