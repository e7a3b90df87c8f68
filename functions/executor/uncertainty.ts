import type { OpenIntent, Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { fold } from '../../shared/policy/commit-lexicon.ts';
import { assertMayShow } from '../../shared/policy/origins.ts';
import type { BrowserSession } from './browser-session.ts';
import { resolvePlaceholders } from './placeholders.ts';

export interface Verdict {
  readonly verdict: 'acted' | 'not-acted' | 'redo-harmless' | 'unknown';
  readonly detail: string;
}

/**
 * What became of a step whose outcome was lost. Reads and writes are planned anew; a commit is never redone by itself: a probe of the
 * task contract looks it up, else a person says.
 */
export async function findOut(
  run: Run,
  intent: OpenIntent,
  session: BrowserSession,
  /** Why what this browser shows may be what a guest sees; then nothing that is missing proves anything. */
  signedOut?: string,
): Promise<Verdict> {
  if (intent.effect === 'read' || intent.effect === 'write')
    return { verdict: 'redo-harmless', detail: `a ${intent.effect} step is planned anew` };
  const probe = run.contract.probes.find(
    (candidate) => fold(candidate.commit) === fold(intent.commitName ?? ''),
  );
  if (!probe)
    return {
      verdict: 'unknown',
      detail: `the task contract has no probe for "${intent.commitName ?? intent.stepId}"`,
    };
  const plain = (text: string): string =>
    resolvePlaceholders(text, run, () => {
      throw new AppError('invalid_request', 'a probe may not use secrets');
    });
  try {
    const url = plain(probe.url);
    assertMayShow(run.contract, url);
    const looked = await session.lookUp(url);
    const text = fold(looked.text);
    const wanted = fold(plain(probe.text));
    if (text.includes(wanted))
      return { verdict: 'acted', detail: `the probe found its text at ${url}` };
    if (looked.signIn)
      return { verdict: 'unknown', detail: `the probe at ${url} was asked to log in` };
    if (signedOut !== undefined)
      return { verdict: 'unknown', detail: `the probe cannot be relied on: ${signedOut}` };
    if (probe.absent !== undefined && text.includes(fold(plain(probe.absent))))
      return { verdict: 'not-acted', detail: `the probe looked at ${url} and found nothing` };
    return { verdict: 'unknown', detail: `the probe at ${url} could not tell` };
  } catch (error) {
    return { verdict: 'unknown', detail: `the probe failed: ${AppError.from(error).message}` };
  }
}
