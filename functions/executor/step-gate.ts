import type { Action } from '../../shared/contracts/action.ts';
import type { TargetFacts } from '../../shared/contracts/effect.ts';
import type { Outcome } from '../../shared/contracts/outcome.ts';
import type { GatedRequest, GateReport, WireRequest } from '../../shared/contracts/wire-request.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { approvalFor } from '../../shared/runs/approvals.ts';
import {
  controlKeyOf,
  decideRequest,
  isTelling,
  requestDigestOf,
  type GateContext,
  type PausedRequest,
} from '../../shared/policy/wire-gate.ts';
import { requestFacts } from './approval-facts.ts';
import type { Ask } from './human-wait.ts';
import type { Interruption } from './session-end.ts';

const MAX_LISTED = 50;
/** A page that sends more than these in one act is not asked for any further. */
const MAX_ASKED = 5;

export interface StepGateDeps {
  readonly journal: RunJournal;
  readonly leaseEpoch: number;
  /** Absent: nobody is asked; what would ask fails. */
  readonly ask: Ask | undefined;
  /** Throws once somebody else may have taken the run. */
  readonly assertHeld: () => void;
  readonly mask: (text: string) => string;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** The gate of one step: judges requests that its act would send, asks a person where policy says so, and keeps the account. */
export class StepGate {
  readonly #deps: StepGateDeps;
  readonly #stepId: string;
  readonly #action: Action;
  readonly #context: GateContext;
  readonly #requests: GatedRequest[] = [];
  readonly #ends = new Map<string, { request: GatedRequest; answered: boolean }>();
  #more = 0;
  #commits = false;
  #asked = 0;
  #queue: Promise<unknown> = Promise.resolve();
  /** How the wait for a person ended the session. */
  interruption: Interruption | undefined;
  /** Why a request did not leave, if one did not. */
  stopped: AppError | undefined;

  constructor(deps: StepGateDeps, stepId: string, action: Action, context: GateContext) {
    this.#deps = deps;
    this.#stepId = stepId;
    this.#action = action;
    this.#context = context;
  }

  /** Told how a request ended that was let go. A page that sends the same once more is answered when that is. */
  readonly noteEnd = (request: WireRequest, answered: boolean): void => {
    const url = this.#deps.mask(request.url);
    const { method, bodyDigest } = request;
    const noted = this.#requests.find(
      (each) => each.url === url && each.method === method && each.bodyDigest === bodyDigest,
    );
    if (!noted || !isTelling(this.#context.facts, noted)) return;
    const key = `${method} ${url} ${bodyDigest}`;
    const before = this.#ends.get(key)?.answered ?? false;
    this.#ends.set(key, { request: noted, answered: answered || before });
  };

  /** That a request left which may have done what the act is for, and that nobody answered it. */
  get unanswered(): AppError | undefined {
    const ends = [...this.#ends.values()];
    const open = ends.filter(({ answered }) => !answered);
    const own = open.find(({ request }) => request.origin === this.#context.facts.frameOrigin);
    // Where the site answered, another host of it is one that only counts visits.
    const found = own ?? (open.length === ends.length ? open[0] : undefined);
    if (!found) return undefined;
    const { method, url } = found.request;
    return new AppError(
      'site_unreachable',
      `${method} ${url.split('?', 1)[0]} left and got no answer; whether it was done is not known`,
    );
  }

  get expects(): boolean {
    return 'expect' in this.#action && this.#action.expect !== undefined;
  }

  /** What was paused since it was asked last. */
  takeReport(): GateReport | undefined {
    if (this.#requests.length === 0) return undefined;
    const requests = this.#requests.splice(0);
    const report = {
      requests,
      more: this.#more,
      commits: this.#commits,
      held: this.interruption !== undefined,
    };
    this.#more = 0;
    this.#commits = false;
    return report;
  }

  /** Requests that came after the act go into the log by themselves. */
  async keepLate(): Promise<void> {
    const gate = this.takeReport();
    if (!gate) return;
    const { journal, leaseEpoch } = this.#deps;
    const control = controlKeyOf(this.#context.facts);
    await journal.append(() => [
      { type: 'step.late', leaseEpoch, stepId: this.#stepId, control, gate },
    ]);
  }

  /** True when the request may leave. Never throws: what cannot be judged does not leave. */
  readonly judge = async (paused: PausedRequest, late: boolean): Promise<boolean> => {
    const decided = decideRequest(paused, this.#context);
    const { by } = decided;
    // Who would be asked has gone on by then; and a page may send by itself as long as it likes.
    const verdict = late && decided.verdict === 'ask' ? 'fail' : decided.verdict;
    const reason = late ? `after the act: ${decided.reason}` : decided.reason;
    let goes = verdict === 'pass';
    let final: Pick<GatedRequest, 'by' | 'reason'> = { by, reason };
    try {
      if (verdict === 'ask') {
        const asking = this.#queue.then(async () => this.#ask(paused, reason));
        this.#queue = asking.catch(() => undefined);
        final = await asking;
        goes = final.by === 'person' || final.by === 'approval';
      }
      if (goes) this.#deps.assertHeld();
    } catch (error) {
      goes = false;
      const problem = AppError.from(error);
      final = { by: 'policy', reason: problem.message };
      this.stopped ??= problem;
    }
    if (!goes)
      this.stopped ??= new AppError('action_refused', `a request did not leave: ${final.reason}`);
    this.#note(paused, goes, final);
    return goes;
  };

  #note(
    { request }: PausedRequest,
    goes: boolean,
    { by, reason }: Pick<GatedRequest, 'by' | 'reason'>,
  ): void {
    const { mask } = this.#deps;
    const noted: GatedRequest = {
      ...request,
      url: mask(request.url),
      verdict: goes ? 'passed' : 'failed',
      by,
      reason: mask(reason).slice(0, 500),
    };
    if (goes && isTelling(this.#context.facts, noted)) this.#commits = true;
    if (this.#requests.length < MAX_LISTED) this.#requests.push(noted);
    else this.#more += 1;
  }

  async #ask(paused: PausedRequest, reason: string): Promise<Pick<GatedRequest, 'by' | 'reason'>> {
    const { journal, ask, mask } = this.#deps;
    const { facts } = this.#context;
    const digest = requestDigestOf(journal.run.runId, facts, paused.request);
    const given = approvalFor(journal.run, digest, this.#deps.clock.nowMs());
    // A body that was not seen can be the same for anything.
    if (given !== undefined && paused.request.bodyDigest !== 'unseen') {
      await this.#use(given, digest);
      return { by: 'approval', reason: 'a person approved this very request' };
    }
    if (this.interruption !== undefined || this.stopped?.code === 'approval_denied')
      throw new AppError('approval_denied', 'another request of the step was not approved');
    if (!ask || (this.#asked += 1) > MAX_ASKED)
      throw new AppError('action_refused', `${reason}; nobody can be asked for it`);
    const { method, origin } = paused.request;
    const answer = await ask({
      kind: 'approval',
      stepId: this.#stepId,
      question: `Let a ${method} request to ${origin} leave? ${mask(reason)}.`.slice(0, 4_000),
      choices: ['approve', 'deny'],
      commitDigest: digest,
      ...(facts.name !== '' && { commitName: facts.name.slice(0, 200) }),
      facts: requestFacts(this.#action, facts, paused, mask),
    });
    if (typeof answer === 'string') {
      this.interruption = answer;
      throw new AppError(
        'needs_approval',
        'nobody answered while the request was held, so it did not leave',
      );
    }
    if (answer.answer !== 'approve')
      throw new AppError('approval_denied', `the request to ${origin} was denied by a person`);
    await this.#use(answer.requestId, digest);
    return { by: 'person', reason: 'approved by a person' };
  }

  /** Single use, and on record before the request leaves. */
  async #use(approval: string, commitDigest: string): Promise<void> {
    const { journal, leaseEpoch } = this.#deps;
    const stepId = this.#stepId;
    await journal.append((run) => {
      if (run.cancelRequested) throw new AppError('run_cancelled', 'the run was cancelled');
      return [{ type: 'step.let-go', leaseEpoch, stepId, commitDigest, approval }];
    });
  }
}

/** A plain form goes where its facts say; anything else may open a window. */
export function mayOpenWindows({ submits, form, listeners }: TargetFacts): boolean {
  return listeners || !submits || form === undefined || form.scripted;
}

/** What the gate held back, or what was left without an answer, is how the step ended, whatever the page made of it. */
export function withGate(outcome: Outcome, gate: StepGate): Outcome {
  const report = gate.takeReport();
  const { stopped, unanswered } = gate;
  if (!report) return outcome;
  const gated = { ...outcome, gate: report };
  const { status, code, changed } = outcome;
  // What an expectation that holds says, it says of the effect itself; behind a dialog it is not looked for.
  const isProven = gate.expects && changed?.dialog === undefined;
  const isOpen = status === 'done' ? !isProven : code === 'expectation_failed';
  const end = stopped ?? (isOpen ? unanswered : undefined);
  if (!end) return gated;
  return {
    ...gated,
    status: 'failed',
    code: end.code,
    message: end.message.slice(0, 4_000),
  };
}
