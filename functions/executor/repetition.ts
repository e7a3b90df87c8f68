import type { Action } from '../../shared/contracts/action.ts';
import type { Observation } from '../../shared/contracts/observation.ts';

const TIMES = 5;

/** What is done again, whatever the model said it was for. */
function keyOf({ why: _why, expect: _expect, ...what }: Action): string {
  return JSON.stringify(what);
}

function headOf({ url, documentId, tabId, text }: Observation): string {
  return JSON.stringify([url, documentId, tabId, /^view: .*$/m.exec(text)?.[0]]);
}

/** A diff without lines, or the same text again. */
function isSame(now: Observation, before: Observation): boolean {
  if (headOf(now) !== headOf(before)) return false;
  const [, body = ''] = now.text.split(/^---$/m);
  return (now.kind === 'diff' && body.trim() === '') || now.text === before.text;
}

/**
 * Counts how often the same action was done while nothing changed on the page. After five times the planner is told; when it does the
 * same once more, and still nothing changes, the run should stop. Waiting is no such action: time is what it is for.
 */
export class Repetition {
  #before: Observation | undefined;
  #key: string | undefined;
  #times = 0;
  #mixed = false;
  #told = false;

  acted(action: Action): void {
    if (action.action === 'wait') return;
    const key = keyOf(action);
    if (this.#key !== undefined && key !== this.#key) this.#mixed = true;
    this.#key = key;
    this.#times += 1;
  }

  /** To be asked with each observation, before the next turn. */
  judge(now: Observation): 'go-on' | 'tell' | 'stop' {
    const before = this.#before;
    this.#before = now;
    if (!before || this.#mixed || !isSame(now, before)) {
      this.#key = undefined;
      this.#times = 0;
      this.#mixed = false;
      this.#told = false;
      return 'go-on';
    }
    if (this.#times < TIMES) return 'go-on';
    if (this.#told) return this.#times > TIMES ? 'stop' : 'go-on';
    this.#told = true;
    this.#times = TIMES;
    return 'tell';
  }
}
