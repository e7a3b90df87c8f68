import type { Observation } from '../../shared/contracts/observation.ts';
import type { StoredObservation } from '../../shared/contracts/plan.ts';

function headOf({ url, documentId, tabId, text }: Observation): string {
  return JSON.stringify([url, documentId, tabId, /^view: .*$/m.exec(text)?.[0]]);
}

/** A diff without lines, or the same text again. */
function isSame(now: Observation, before: Observation): boolean {
  if (headOf(now) !== headOf(before)) return false;
  const [, body = ''] = now.text.split(/^---$/m);
  return (now.kind === 'diff' && body.trim() === '') || now.text === before.text;
}

/** Tells whether a page shows what it showed a turn ago. How often the same was done on it meanwhile stands in the run. */
export class PageWatch {
  #before: Observation | undefined;

  /** `stored`: what an earlier ownership saw last. What was typed is lost with its browser, so there the place alone is compared. */
  unchanged(now: Observation, stored?: StoredObservation): boolean {
    const before = this.#before;
    this.#before = now;
    if (before) return isSame(now, before);
    return stored !== undefined && stored.url === now.url && stored.title === now.title;
  }
}
