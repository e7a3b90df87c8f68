import type { OpenIntent, Run } from '../../shared/contracts/run.ts';
import type { GateReport } from '../../shared/contracts/wire-request.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { readRunLog, type LogReaderDeps } from '../../shared/journal/run-log.ts';
import { fold } from '../../shared/policy/commit-lexicon.ts';
import type { BrowserSession } from './browser-session.ts';
import { verdictOfPerson, type Answer } from './human-wait.ts';
import type { Ask } from './human-wait.ts';
import type { Interruption } from './session-end.ts';
import { findOut } from './uncertainty.ts';

export interface OpenIntentDeps extends LogReaderDeps {
  readonly journal: RunJournal;
  readonly session: BrowserSession;
  readonly leaseEpoch: number;
  readonly reason: string;
  readonly gate?: GateReport | undefined;
  /** Why this browser may not be logged in where the run was. */
  readonly signedOut?: string | undefined;
  /** Absent: nobody is asked; what a probe cannot tell stays open. */
  readonly ask?: Ask;
}

/** Settles a step whose outcome was lost, before anything else happens. Undefined when it is settled. */
export async function settleOpenIntent(deps: OpenIntentDeps): Promise<Interruption | undefined> {
  const { journal, session, leaseEpoch, reason, gate, ask } = deps;
  const intent = journal.run.openIntent;
  if (!intent) return undefined;
  const { stepId } = intent;
  const said = await verdictOfPerson(deps, journal.run, stepId);
  if (said) return settledByPerson(deps, stepId, said);
  const uncertain = {
    type: 'step.uncertain' as const,
    leaseEpoch,
    stepId,
    reason,
    ...(gate && { gate }),
  };
  const { verdict, detail } = (await actedBefore(deps, journal.run, intent))
    ? {
        verdict: 'unknown' as const,
        detail:
          'a commit of that name acted earlier in this run, so a probe cannot tell them apart',
      }
    : await findOut(journal.run, intent, session, deps.signedOut);
  if (verdict !== 'unknown') {
    const by = verdict === 'redo-harmless' ? 'class' : 'probe';
    await journal.append(() => [
      uncertain,
      { type: 'step.resolved', leaseEpoch, stepId, verdict, by, detail },
    ]);
    return undefined;
  }
  if (!ask) return undefined;
  await journal.append(() => [uncertain]);
  const answer = await ask({
    kind: 'uncertain',
    stepId,
    question: `Did "${intent.commitName ?? stepId}" take effect? Its outcome was lost (${detail}). Look it up, then answer acted or not-acted.`,
    choices: ['acted', 'not-acted'],
    facts: { effect: intent.effect },
  });
  return typeof answer === 'string' ? answer : settledByPerson(deps, stepId, answer);
}

/** A probe goes by a commit's name: what it finds may be the work of an earlier one. */
async function actedBefore(deps: LogReaderDeps, run: Run, intent: OpenIntent): Promise<boolean> {
  if (intent.effect !== 'commit' || run.committed.length === 0) return false;
  const log = await readRunLog(deps, run.tenantId, run.runId);
  const name = fold(intent.commitName ?? '');
  return log.some(
    ({ event }) =>
      event.type === 'step.intent' &&
      event.stepId !== intent.stepId &&
      fold(event.decision.commitName ?? '') === name &&
      run.committed.includes(event.commitDigest ?? ''),
  );
}

async function settledByPerson(
  { journal, leaseEpoch }: OpenIntentDeps,
  stepId: string,
  answer: Answer,
): Promise<undefined> {
  const verdict = answer.answer === 'acted' ? 'acted' : 'not-acted';
  await journal.append(() => [
    { type: 'step.resolved', leaseEpoch, stepId, verdict, by: 'person', detail: '' },
  ]);
}
