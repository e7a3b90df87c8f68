/// <reference lib="dom" />
import type { Agent, TargetCheck } from './agent.ts';

/**
 * What an action asks of the page, in one call each, so that a step pays few round trips. Runs in the isolated world; must not use
 * anything from outside the function.
 */
export function installHandling(agent: Agent): void {
  type Problem = { problem: string };
  type Prepare = (
    ref: number,
    options: { waitMs: number; enabled: boolean; touch: boolean },
  ) => Promise<object>;
  type Focus = { kind?: string; problem?: string };
  const call = (name: string, args: readonly unknown[]): unknown =>
    (agent[name] as (...rest: readonly unknown[]) => unknown)(...args);

  /** What this document's origin keeps; null where it has no storage of its own. */
  agent.kept = async (): Promise<unknown> => {
    if (!/^https?:/.test(self.origin)) return null;
    const names = Object.keys(localStorage);
    const databases = await indexedDB.databases();
    return {
      origin: self.origin,
      localStorage: names.map((name) => ({ name, value: localStorage.getItem(name) ?? '' })),
      databases: databases.length,
    };
  };
  /** Calls another function if the ref still means what was told. */
  agent.guarded = async (ref: number, name: string | null, args: unknown[]): Promise<unknown> => {
    const check = agent.check(ref);
    if (check.state !== 'ok' || name === null) return { check };
    return { check, value: await call(name, args) };
  };
  agent.survey = (ref: number, how: 'point' | 'enter', checked: boolean): unknown => {
    const check: TargetCheck = checked ? { state: 'ok', healed: false } : agent.check(ref);
    if (check.state !== 'ok') return { check };
    return { check, facts: agent.facts(ref, how), place: call('place', []) };
  };
  const SUGGESTS =
    'input[list],[role=combobox],[aria-autocomplete],[aria-haspopup],[role=searchbox]';
  /** Waits until a field can be used, focuses it, and says how text gets into it. */
  agent.readyText = async (
    ref: number,
    options: { waitMs: number; clear: boolean; ready: boolean; keepCaret: boolean },
  ): Promise<unknown> => {
    if (!options.ready) {
      const ready = (await (agent.prepare as Prepare)(ref, {
        waitMs: options.waitMs,
        enabled: true,
        touch: false,
      })) as Partial<Problem>;
      if (ready.problem !== undefined) return { blocked: ready.problem };
    }
    const focus = call('focusField', [ref, options.clear, options.keepCaret]) as Focus;
    const element = agent.active() ?? agent.live(ref);
    return {
      ...focus,
      multiline: element.localName === 'textarea' || (element as HTMLElement).isContentEditable,
      password: (element as HTMLInputElement).type === 'password',
      keyed: element.matches(SUGGESTS) || agent.hearsKeys(element),
    };
  };
  agent.fieldPlace = (ref: number): unknown => ({
    place: call('place', []),
    credential: agent.facts(ref, 'point').credential,
  });
  agent.chooseNative = async (ref: number, values: string[], waitMs: number): Promise<unknown> => {
    const ready = (await (agent.prepare as Prepare)(ref, {
      waitMs,
      enabled: true,
      touch: false,
    })) as Partial<Problem>;
    if (ready.problem !== undefined) return { blocked: ready.problem };
    return call('selectNative', [ref, values]);
  };
  /** State of a checkbox, radio or switch once it is the wanted one, or at the deadline. */
  agent.checkSoon = async (ref: number, wanted: boolean, maxMs: number): Promise<unknown> => {
    const until = performance.now() + maxMs;
    for (;;) {
      const state = call('checkState', [ref]) as { problem?: string; checked: boolean };
      if (state.problem !== undefined || state.checked === wanted || performance.now() >= until)
        return state;
      // What a native box holds changes without a change of the document.
      await agent.changed(Math.min(50, until - performance.now()));
    }
  };
  /** State of a checkbox, radio or switch, and, when it is not the wanted one, the point to touch. */
  agent.readyCheck = async (ref: number, wanted: boolean, waitMs: number): Promise<unknown> => {
    const state = call('checkState', [ref]) as {
      problem?: string;
      checked: boolean;
      radio: boolean;
      touch: number;
    };
    if (state.problem !== undefined || state.checked === wanted || (state.radio && !wanted))
      return state;
    const spot = await (agent.prepare as Prepare)(state.touch, {
      waitMs,
      enabled: true,
      touch: true,
    });
    return { ...state, spot };
  };
}
